# One image for everything that Anbahn runs: API, worker, beat, and the commands (anbahn prepare, …).
# Which of them a container is, its command says: see docker-compose.yml. Health checks stand there, too,
# for an image does not know what its container is to do.

# The Python with which the tests run.
FROM python:3.11-slim-trixie AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/anbahn
ENV PATH=/opt/anbahn/bin:$PATH
WORKDIR /src

# The dependencies first: this layer is made anew only when the lock changes. Exactly the locked files, and wheels only:
# what has to be compiled would need a compiler here, and would run a stranger's build script.
COPY requirements.lock ./
RUN pip install --require-hashes --only-binary :all: --requirement requirements.lock

# The project itself; its build tool is in the lock, so nothing more is fetched.
COPY pyproject.toml README.md settings.py ./
COPY api api
COPY workers workers
COPY schema schema
COPY adapters adapters
COPY crm crm
COPY embedded embedded
COPY cli cli
RUN pip install --no-deps --no-build-isolation .


FROM python:3.11-slim-trixie

# A number, so that an orchestrator can see that it is not root. It owns one directory: what beat remembers.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin anbahn \
    && install --directory --owner anbahn --mode 0700 /var/lib/anbahn
COPY --from=build /opt/anbahn /opt/anbahn
ENV PATH=/opt/anbahn/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
# Empty on purpose: Celery looks for modules where it is started, and must find the installed ones.
WORKDIR /var/lib/anbahn
EXPOSE 8000
CMD ["anbahn", "--help"]
