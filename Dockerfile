# The operator's image: a Java runtime with only the modules it needs, its jars, and a cache of its loaded classes that a
# training run in the build makes; nothing else, so no shell and no package manager.
#
# Docker and buildah build it alike, after `./mvnw package` (deploy/local/image does both). Any glibc image with a JDK 25
# serves as JDK.
ARG JDK=docker.io/library/eclipse-temurin:25-jdk

FROM ${JDK} AS build
COPY target/image/lib /app/lib
COPY target/metrics-server-operator-*.jar /app/lib/
COPY src/image /build
RUN ["/bin/sh", "/build/assemble"]

FROM scratch
COPY --from=build /root-fs /
USER 65534:65534
# One arena for all threads: what is freed in many is kept by each.
ENV MALLOC_ARENA_MAX=1
ENTRYPOINT ["/app/java/bin/java", "@/app/jvm.options", "-XX:AOTCache=/app/classes.aot", "dev.metricsserver.cli.Main"]
CMD ["run"]
