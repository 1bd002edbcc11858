# The program and the libraries that it needs, nothing else: no shell, no package manager, nobody but an unprivileged user.
#   docker build -t corsd .
#   docker run --read-only -p 8080:8080 -v "$PWD/etc:/etc/corsd:ro" corsd       with etc/corsd.yaml; docs/operations.md
# BASE is where the program is built; the image has nothing of it but libraries.
ARG BASE=debian:12

FROM ${BASE} AS build
ENV LANG=C.UTF-8
WORKDIR /src
COPY scripts/bootstrap scripts/
RUN scripts/bootstrap && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY scripts/build scripts/
COPY src src
RUN cmake --preset release -D CORSD_TESTS=OFF && scripts/build
COPY LICENSE ./
COPY packaging/image packaging/image
RUN packaging/image/collect build/release/corsd /image

FROM scratch
COPY --from=build /image /
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s CMD ["/usr/bin/corsd", "health", "--config", "/etc/corsd/corsd.yaml"]
ENTRYPOINT ["/usr/bin/corsd"]
CMD ["run", "--config", "/etc/corsd/corsd.yaml"]
