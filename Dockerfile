# Two images of one source: `docker build --target bot .` without torch, `docker build --target worker .` with it.
FROM python:3.11-slim-bookworm AS bot
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY core core
COPY bot bot
COPY gpu_worker gpu_worker
COPY migrations migrations
RUN pip install --constraint constraints.txt .
RUN useradd --create-home --uid 10001 likeness && install -d -o likeness /home/likeness/data
USER likeness
# Not /source: what is imported is what was installed.
WORKDIR /home/likeness
CMD ["likeness", "bot"]

FROM bot AS worker
# Empty means PyPI, whose torch brings CUDA. Without a GPU: --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cpu
ARG TORCH_INDEX=
USER root
WORKDIR /source
# torch first and pinned, as in the Makefile: with it there, nothing else brings another build.
RUN pip install ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch==2.13.0 \
    && pip install --constraint constraints.txt '.[worker]'
USER likeness
WORKDIR /home/likeness
CMD ["likeness", "worker"]
