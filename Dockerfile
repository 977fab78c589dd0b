# The operator's image: a Java runtime with only the modules it needs, its jars, and a cache of its loaded classes that a
# training run in the build makes; nothing else, so no shell and no package manager.
#
# Docker and buildah build it alike, after `./mvnw package` (deploy/local/image does both). Any glibc image with a JDK 25
# serves as JDK.
ARG JDK=docker.io/library/eclipse-temurin:25-jdk

FROM ${JDK} AS build
COPY target/image/lib /app/lib
COPY target/metrics-server-operator-*.jar /app/lib/
COPY target/image/training /training/lib
COPY src/image /build
COPY src/test/java/dev/metricsserver/mock/MockCluster.java /build/dev/metricsserver/mock/
RUN ["/bin/sh", "/build/assemble"]

FROM scratch
COPY --from=build /root-fs/runtime /
COPY --from=build /root-fs/program /
COPY --from=build /root-fs/cache /
USER 65534:65534
# The copy is what the cache was made with, or the build ends here.
RUN ["/app/java/bin/java", "@/app/jvm.options", "-XX:AOTCache=/app/classes.aot", "-XX:AOTMode=on", "-version"]
# Where the cache cannot be mapped the operator starts a second later, without it: AOTMode is not on here.
ENTRYPOINT ["/app/java/bin/java", "@/app/jvm.options", "-XX:AOTCache=/app/classes.aot", "dev.metricsserver.cli.Main"]
CMD ["run"]
