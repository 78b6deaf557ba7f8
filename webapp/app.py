"""The application factory and composition root: the only module that knows every domain."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask, current_app, redirect
from jinja2 import StrictUndefined
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from webapp.accounts import belongings, frame, signin
from webapp.accounts import upkeep as accounts_upkeep
from webapp.accounts.drafts import drop_draft, find_draft
from webapp.accounts.identity import Viewer
from webapp.accounts.navigation import init_navigation
from webapp.accounts.queries.viewers import get_job_viewer, rights_of
from webapp.accounts.redirects import with_parameter
from webapp.accounts.service.upkeep import clean_up
from webapp.accounts.views import bp as accounts_bp
from webapp.activity.kinds import Kinds
from webapp.activity.views import bp as activity_bp
from webapp.activity.views.unit import undo_of_unit
from webapp.caching.setup import cache_config
from webapp.config import ConfigurationError, Settings, load_settings
from webapp.connections import belongings as connection_belongings
from webapp.connections import changes as connection_changes
from webapp.connections import kinds as connection_kinds
from webapp.connections import models as connection_models
from webapp.connections import uses as connection_uses
from webapp.connections.crypto import Vault
from webapp.connections.history import ConnectionHistory
from webapp.connections.manifest import ApiConnectionHandler, SecretHandler, SqlConnectionHandler
from webapp.connections.pruning import prunable_connections
from webapp.connections.queries.pages import get_view
from webapp.connections.views import bp as connections_bp
from webapp.core import meters
from webapp.core.errors import NotFound
from webapp.db.engines import engine_options
from webapp.db.measuring import measure_engine
from webapp.db.session import configure_engine, current_session, guard_writes
from webapp.extensions import REPLICA, cache, compress, db
from webapp.help import views as help_views
from webapp.history import models as history_models
from webapp.jobs import models as job_models
from webapp.jobs.running import Handler, JobRun
from webapp.jobs.service import forget_old
from webapp.jobs.thread import Periodic
from webapp.jobs.values import JobOwner, Outcome
from webapp.manifests import job_views
from webapp.manifests import models as manifest_models
from webapp.manifests import views as manifests_views
from webapp.manifests.importing import ImportJobs
from webapp.manifests.registry import Registry
from webapp.manifests.sources import Limits
from webapp.operations.requests import init_requests
from webapp.operations.views import bp as operations_bp
from webapp.overview.views import bp as overview_bp
from webapp.palette import views as palette_views
from webapp.paths import resource_dir
from webapp.plugins import belongings as plugin_belongings
from webapp.plugins.connection_users import PluginUsers
from webapp.plugins.history import PluginHistory
from webapp.plugins.manifest import plugin_handlers
from webapp.plugins.models.identity import LOCATOR_KIND
from webapp.plugins.pruning import PrunablePlugins
from webapp.plugins.queries.record import check_record
from webapp.plugins.recipients import Recipients
from webapp.plugins.service import empty_bin
from webapp.plugins.upkeep import JUDGE_KIND, follow_connections, judge_all
from webapp.plugins.views import bp as plugins_bp
from webapp.plugins.views.bin_pages import get_binned_record
from webapp.tags.history import TagHistory
from webapp.tags.queries.reach import get_tag
from webapp.tags.values import TAG_KIND
from webapp.tags.views import bp as tags_bp
from webapp.web import assets, filters, sharing
from webapp.web.csrf import init_csrf
from webapp.web.editing import OfferedDraft
from webapp.web.errors import init_errors
from webapp.web.rendering import OneGlobalsEnvironment
from webapp.web.security import init_security
from webapp.web.sharing import RecordPage

# Their tables belong to the metadata that migrations compare with, whoever else imports them.
MODEL_MODULES = (connection_models, history_models, job_models, manifest_models)
# What somebody can own, in the order in which it is listed.
BELONGINGS = (
    plugin_belongings.PLUGINS,
    plugin_belongings.BINNED_PLUGINS,
    connection_belongings.CONNECTIONS,
    connection_belongings.SECRETS,
)
PLUGIN_USERS = PluginUsers()
# Signing in clears away as well; this is for installations that people stay signed in to.
UPKEEP = Periodic("upkeep", "Removing what is over", dt.timedelta(hours=1))
# An editor asks for the schemas without anybody being signed in.
signin.public(manifests_views.schema)
# Whoever has not signed in yet may read what the words mean.
signin.public(help_views.index)
signin.public(help_views.concept)
signin.public(help_views.keys)
BLUEPRINTS = (
    operations_bp,
    accounts_bp,
    sharing.bp,
    plugins_bp,
    tags_bp,
    connections_bp,
    manifests_views.bp,
    job_views.bp,
    activity_bp,
    palette_views.bp,
    overview_bp,
    help_views.bp,
)


def create_app(settings: Settings | None = None, **changes: Any) -> Flask:
    """Return the configured application.

    Args:
        settings: read from the environment when not given.
        changes: single settings that differ, for tests and commands.
    """
    settings = replace(settings or load_settings(), **changes)
    app = Flask(
        "webapp",
        static_folder=None,
        template_folder=str(resource_dir("templates")),
        instance_path=str(settings.instance_dir.resolve()),
    )
    # Before any extension asks for the environment, which is made once.
    app.jinja_environment = OneGlobalsEnvironment
    app.config.update(_flask_config(settings))
    app.extensions["plugdeck"] = settings
    app.extensions["vault"] = Vault(settings.encryption_keys)
    app.extensions["manifest_kinds"] = manifest_kinds(app.extensions["vault"])
    # What uses others is deleted first.
    app.extensions["prunable"] = (PrunablePlugins(), *prunable_connections())
    app.extensions["find_draft"] = _find_draft
    app.extensions["offer_draft"] = _offer_text
    app.extensions["drop_draft"] = _drop_draft
    app.extensions["job_kinds"] = job_kinds(app, settings)
    app.extensions["record_pages"] = record_pages()
    app.extensions["history_kinds"] = history_kinds(app.extensions["vault"])
    app.extensions["undo_of_unit"] = undo_of_unit
    connection_changes.subscribe(follow_connections)
    accounts_upkeep.subscribe(empty_bin)
    accounts_upkeep.subscribe(forget_old)
    for kind in BELONGINGS:
        belongings.register(kind)
    connection_uses.register(PLUGIN_USERS)
    if settings.serving:
        meters.METERS.keep_in(settings.instance_dir / "run")
    _init_database(app, settings)
    cache.init_app(app, config=cache_config(settings.cache_url))
    # Before anything else that is told of requests, so that nothing is left out of what they cost.
    init_requests(app)
    compress.init_app(app)
    # The order of the handlers is the order of the questions: which request, may it write, who asks.
    init_security(app, settings)
    init_csrf(app)
    signin.init_sign_in(app, settings)
    init_errors(app)
    palette_views.init_palette(app)
    _init_templates(app, settings)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.add_url_rule("/", "home", _home)
    init_navigation(app)
    return app


def manifest_kinds(vault: Vault) -> Registry[Viewer]:
    """Return the registry of every kind of manifest that this installation takes."""
    registry: Registry[Viewer] = Registry(Recipients())
    registry.register(SecretHandler(vault))
    registry.register(SqlConnectionHandler())
    registry.register(ApiConnectionHandler())
    for handler in plugin_handlers():
        registry.register(handler)
    return registry


def job_kinds(app: Flask, settings: Settings) -> dict[str, Handler]:
    """Return what the thread that runs jobs does for each kind."""
    imports = ImportJobs(
        app.extensions["manifest_kinds"],
        app.extensions["vault"],
        Limits(max_bytes=settings.max_import_bytes),
        _job_viewer,
    )
    return {**imports.handlers(), UPKEEP.kind: _clean_up, JUDGE_KIND: judge_all}


def _job_viewer(owner: JobOwner) -> Viewer:
    """Return who a job acts as; what they may do holds until it has written."""
    viewer = get_job_viewer(owner.profile_id)
    guard_writes(current_session(), rights_of(viewer))
    return viewer


def _clean_up(job: JobRun) -> Outcome:
    job.report("Removing what is over")
    clean_up()
    return Outcome("done")


def history_kinds(vault: Vault) -> Kinds:
    """Return every kind of record that history knows, in the order in which the feed lists them."""
    connections = connection_kinds.BY_RECORD_KIND.items()
    return {
        LOCATOR_KIND: PluginHistory(),
        TAG_KIND: TagHistory(),
        **{name: ConnectionHistory(kind, vault) for name, kind in connections},
    }


def record_pages() -> dict[str, RecordPage]:
    """Return where the share links of each kind of record lead."""
    connection_page = RecordPage("connections.record", _check_connection, "connections.history")
    return {
        LOCATOR_KIND: RecordPage("plugins.record", _check_plugin, "plugins.history"),
        TAG_KIND: RecordPage("tags.tag", _check_tag, "tags.tag"),
        **dict.fromkeys(connection_kinds.BY_RECORD_KIND, connection_page),
    }


def _check_plugin(locator: str) -> None:
    session, viewer = current_session(), signin.get_viewer()
    try:
        check_record(session, viewer, locator)
    except NotFound:
        get_binned_record(session, viewer, locator)


def _check_tag(locator: str) -> object:
    return get_tag(current_session(), signin.get_viewer(), locator)


def _check_connection(locator: str) -> object:
    return get_view(current_session(), signin.get_viewer(), locator)


def _find_draft(token: str, path: str) -> MultiDict[str, str] | None:
    """Return what the viewer had typed at `path`, for pages of packages that know no viewer."""
    vault: Vault = current_app.extensions["vault"]
    return find_draft(current_session(), signin.get_viewer(), token, path, vault)


def _offer_text(form: str) -> OfferedDraft | None:
    """Return the text that the viewer last typed into a form of such a package and did not send."""
    kept = signin.find_kept(form)
    lines = len(kept.fields.get("text", "").strip().splitlines()) if kept else 0
    if kept is None or not lines:
        return None
    words = f"It has {lines} {'line' if lines == 1 else 'lines'}."
    return OfferedDraft(with_parameter(form, "draft", kept.token), kept.token, kept.saved_at, words)


def _drop_draft(token: str) -> None:
    drop_draft(signin.get_viewer(), token)


def _home() -> Response:
    return redirect(frame.plugins_url(signin.get_viewer()))


def _flask_config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings),
        "SQLALCHEMY_BINDS": (
            {REPLICA: {"url": settings.replica_url, **engine_options(settings)}}
            if settings.replica_url
            else {}
        ),
        "TESTING": settings.testing,
        "MAX_CONTENT_LENGTH": settings.max_request_bytes,
        "MAX_FORM_MEMORY_SIZE": settings.max_request_bytes,
        "MAX_FORM_PARTS": 5_000,
        # Brotli above 5 costs more time on a live page than it saves.
        "COMPRESS_BR_LEVEL": 4,
        "COMPRESS_LEVEL": 5,
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_MIN_SIZE": 1_000,
        "COMPRESS_MIMETYPES": ["text/html", "application/json", "application/yaml", "text/plain"],
    }


def _init_database(app: Flask, settings: Settings) -> None:
    if settings.sqlite_path:
        _make_folder(settings.sqlite_path.parent)
    db.init_app(app)
    if not settings.serving:
        # It brings Alembic, which commands need and processes that serve do not.
        from flask_migrate import Migrate

        Migrate(app, db, directory=str(resource_dir("migrations")))
    with app.app_context():
        configure_engine(db.engine)
        for engine in db.engines.values():
            measure_engine(engine)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"{folder} cannot be made ({error.strerror}). Check PLUGDECK_DATABASE_URL."
        ) from error


def _init_templates(app: Flask, settings: Settings) -> None:
    static_dir = resource_dir("static")
    build = assets.build_id(static_dir)
    app.config["BUILD"] = build
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["static_url"] = assets.static_url(build)
    app.jinja_env.globals["module_urls"] = assets.module_urls(static_dir, build)
    filters.init_filters(app)
    help_views.init_help(app)
    app.context_processor(frame.template_context)
    root = static_dir
    if not settings.testing:
        root = assets.compressed_copy(static_dir, build, settings.instance_dir / "cache")
    app.wsgi_app = assets.serve_static(  # type: ignore[method-assign]  # Flask's documented way to wrap
        app.wsgi_app, root, build
    )
