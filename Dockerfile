# docker build -t stylegram .
# docker run --rm --security-opt seccomp=unconfined -v "$PWD/library:/library" stylegram scrape natgeo --limit 24
# (Docker's own seccomp profile forbids the namespaces that Chromium's sandbox is made of.)
FROM python:3.12-slim

RUN apt-get update && apt-get install --yes --no-install-recommends chromium && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY . .
RUN pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu --constraint constraints.txt .

# Not as root: Chromium keeps its sandbox, and files belong to a user.
RUN useradd --create-home --uid 1000 user && mkdir /library && chown user /library
USER user
ENV STYLEGRAM_LIBRARY=/library
VOLUME /library
ENTRYPOINT ["stylegram"]
