"""Which model and which serializers admin classes, views and viewsets work with."""

import ast
from collections.abc import Iterator

from codemods._django_reads import DjangoReads
from codemods.index.calls import Key
from codemods.index.django_models import DjangoModel
from codemods.index.facts import CLASS_BODY, dotted
from codemods.index.managers import OWN_MODEL


class ViewModels:
    """Answers from what classes declare."""

    def __init__(self, reads: DjangoReads) -> None:
        self.reads = reads
        self.index = reads.index

    def is_admin(self, key: Key) -> bool:
        """Whether the class is registered with the admin."""
        return any(key == admin for _, admin in self.index.urls.admins)

    def class_model(self, owner: Key) -> DjangoModel | None:
        """The model that a class-based view, viewset or admin class works on."""
        values = self.reads.classes.values(owner)
        named = dotted(values["model"]) if "model" in values else ""
        if named and (found := self.index.django.get(owner[0], named, owner[1])):
            return found
        for above in self.index.calls.lineage(owner):
            body = self.index.calls.function((above[0], f"{above[1]}.{CLASS_BODY}"))
            for query in body.queries if body else ():
                if "queryset" in values and query.entities[0] != OWN_MODEL:
                    return self.index.django.get(above[0], query.entities[0], above[1])
        for tail, admin in self.index.urls.admins:
            if admin == owner:
                app, _, name = tail.partition("/")
                return next((m for m in self.index.django.all if (m.app.lower(), m.name.lower()) == (app, name)), None)
        models = {m for s in self.serializers_of(owner) if (m := self._serializer_model(s))}
        return models.pop() if len(models) == 1 else None

    def serializers_of(self, owner: Key) -> list[Key]:
        """The serializers that the attributes of a class name."""
        found = []
        for name, value in self.reads.classes.values(owner).items():
            for node in ast.walk(value) if "serializer" in name else ():
                if isinstance(node, ast.Name | ast.Attribute) and dotted(node):
                    for above in self.index.calls.lineage(owner):
                        key = self.index.names.resolve(above[0], dotted(node), above[1])
                        if key and self.reads.classes.class_(key) and key not in found:
                            found.append(key)
        return found

    def chosen_serializers(self, owner: Key) -> Iterator[Key]:
        """The serializers that `get_serializer_class()` chooses from."""
        path, node = self.reads.classes.member(owner, "get_serializer_class") or ("", None)
        for part in ast.walk(node) if node else ():
            if isinstance(part, ast.Name | ast.Attribute) and "Serializer" in (name := dotted(part)):
                key = self.index.names.resolve(path, name, owner[1])
                if key and self.reads.classes.class_(key):
                    yield key

    def _serializer_model(self, serializer: Key) -> DjangoModel | None:
        for path, name in self.index.calls.lineage(serializer):
            meta = self.reads.classes.class_((path, f"{name}.Meta"))
            if meta and "model" in meta.values:
                return self.index.django.get(path, dotted(meta.values["model"]), name)
        return None

    def fits(self, serializer: Key, model: DjangoModel) -> bool:
        """Whether a serializer can be given rows of the model: it is written for it, or for none."""
        written_for = self._serializer_model(serializer)
        return written_for is None or written_for in model.lineage() or model in written_for.lineage()
