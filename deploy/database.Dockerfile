# The parts of the PostgreSQL cluster that have no image of their own: etcd, and PostgreSQL with Patroni.

FROM debian:trixie-slim AS etcd

RUN apt-get update \
 && apt-get install --yes --no-install-recommends etcd-client etcd-server \
 && rm -rf /var/lib/apt/lists/* \
 && install --directory --owner etcd --group etcd --mode 0700 /var/lib/etcd

# etcd 3.5.0 to 3.5.2 can lose what was committed when it is killed under load, and 3.5.5 has members that disagree. No
# image is made of those.
RUN etcd --version | grep -Eq '^etcd Version: 3\.(5\.([6-9]|[1-9][0-9])|[6-9]\.[0-9]+)'

VOLUME /var/lib/etcd
USER etcd
EXPOSE 2379 2380
HEALTHCHECK --interval=5s --timeout=5s --retries=12 CMD ["etcdctl", "endpoint", "health"]
STOPSIGNAL SIGTERM
# etcd reads either a file or variables, not both: the name of the node is put into the file.
ENTRYPOINT ["/bin/sh", "-ec", "sed \"s/NODE/${NODE:?}/g\" /etc/etcd.yaml > /tmp/etcd.yaml; exec etcd --config-file /tmp/etcd.yaml"]


FROM postgres:18-trixie AS patroni

RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3-venv \
 && rm -rf /var/lib/apt/lists/*

COPY patroni-requirements.txt /tmp/
RUN python3 -m venv /opt/patroni \
 && /opt/patroni/bin/pip install --no-cache-dir --require-hashes -r /tmp/patroni-requirements.txt

ENV PATH=/opt/patroni/bin:$PATH
USER postgres
EXPOSE 5432 8008
STOPSIGNAL SIGTERM
ENTRYPOINT ["patroni"]
CMD ["/etc/patroni.yaml"]
