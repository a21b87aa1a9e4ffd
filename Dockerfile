# Build: static, so that the image needs no libc; -trimpath, so that two machines make the same binary.
FROM golang:1.26.11 AS build
WORKDIR /src

# The modules first: they change less often than the code, and this layer is kept until they do.
COPY go.mod go.sum ./
RUN go mod download

COPY . .
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w" -o /out/comeback .

# The data folder has to exist and belong to the user of the image, or a fresh volume would belong to root.
RUN mkdir -p /out/data /out/tmp && chown 65532:65532 /out/data /out/tmp && chmod 0700 /out/data

# Run: the binary, the certificates of the world's authorities (SMTP over TLS, MongoDB Atlas) and the time zones of shops. No shell.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /zoneinfo.zip
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build --chown=65532:65532 /out/tmp /tmp
COPY --from=build /out/comeback /comeback

ENV ZONEINFO=/zoneinfo.zip \
    COMEBACK_LISTEN=:8080 \
    COMEBACK_DATA=/data
USER 65532:65532
VOLUME /data
EXPOSE 8080

# The binary asks its own /livez: there is nothing else in the image that could.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/comeback", "healthz"]
ENTRYPOINT ["/comeback"]
CMD ["serve"]
