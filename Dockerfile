# Two stages with the same base, so that the virtual environment fits in both. The steps are the Makefile's.
FROM python:3.12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY Makefile pyproject.toml README.md ./
COPY requirements ./requirements
COPY scripts ./scripts
COPY ultracore ./ultracore
RUN make install PYTHON=python3.12

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 anya && install -d -o anya -g anya /data
WORKDIR /app
COPY --from=build /app /app
COPY . .
RUN .venv/bin/python -m compileall -q ultracore
USER anya
ENV ULTRACORE_DATA_DIR=/data PORT=8000 PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8000
# What the platform's SIGTERM starts is a drain of at most 20 s.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD [".venv/bin/python", "-c", \
    "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health\", timeout=2)"]
CMD [".venv/bin/ultracore", "serve", "--host", "0.0.0.0"]
