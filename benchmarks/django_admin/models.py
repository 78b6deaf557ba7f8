"""The tables of Plugdeck that its list shows, as Django sees them; it does not manage them."""

from __future__ import annotations

from django.db import models


class User(models.Model):
    """A person."""

    username = models.CharField(max_length=150)

    class Meta:
        """Where it is."""

        managed = False
        db_table = "users"


class Profile(models.Model):
    """A person's place in an account."""

    user = models.ForeignKey(User, models.DO_NOTHING)

    class Meta:
        """Where it is."""

        managed = False
        db_table = "user_profiles"

    def __str__(self) -> str:
        """Return the person's name."""
        return str(self.user.username)


class Tag(models.Model):
    """A tag."""

    name = models.CharField(max_length=100)

    class Meta:
        """Where it is."""

        managed = False
        db_table = "tags"

    def __str__(self) -> str:
        """Return the name."""
        return str(self.name)


class PluginTag(models.Model):
    """A tag on a plugin."""

    pk = models.CompositePrimaryKey("plugin_id", "tag_id")
    plugin = models.ForeignKey("Plugin", models.DO_NOTHING)
    tag = models.ForeignKey(Tag, models.DO_NOTHING)

    class Meta:
        """Where it is."""

        managed = False
        db_table = "plugin_tags"


class Plugin(models.Model):
    """A plugin without its selector, prompt and data: less than Plugdeck saves."""

    name = models.CharField(max_length=200)
    description = models.TextField()
    version = models.CharField(max_length=200)
    plugin_class = models.CharField(max_length=10, choices=[(one, one) for one in ("static", "sql", "api")])
    readiness = models.CharField(
        max_length=10, choices=[(one, one) for one in ("ready", "attention", "not_ready")]
    )
    account_id = models.BigIntegerField(editable=False)
    user_profile = models.ForeignKey(Profile, models.DO_NOTHING, editable=False)
    tags = models.ManyToManyField(Tag, through=PluginTag)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        """Where it is."""

        managed = False
        db_table = "plugin_meta"
