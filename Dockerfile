# The operator's image: a Java runtime with the modules that the operator needs, the jars as Maven verified them, and a cache
# of loaded classes, which a training run in the build writes. It has no shell and no package manager.
#
# Build it with Docker or buildah after `./mvnw package`; deploy/local/image does both. JDK may be any glibc image with JDK 25.
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
# Fails the build if the copied files are not those that the cache was made with.
RUN ["/app/java/bin/java", "@/app/jvm.options", "-XX:AOTCache=/app/classes.aot", "-XX:AOTMode=on", "-version"]
# AOTMode is not set here: where the cache cannot be mapped, the operator starts without it, a second later.
ENTRYPOINT ["/app/java/bin/java", "@/app/jvm.options", "-XX:AOTCache=/app/classes.aot", "dev.metricsserver.cli.Main"]
CMD ["run"]
