"""Jobs start from the outbox and the worker alone, and travel as JSON."""

import ast
from collections.abc import Iterable, Iterator

from .tree import SOUK, Source, Violation, calls, dotted, imports

_ENQUEUERS = (f"{SOUK}/core/outbox.py", f"{SOUK}/entrypoints/worker/", f"{SOUK}/adapters/redis/")
_RQ_SERIALIZED = {"Queue", "Worker", "SimpleWorker", "SpawnWorker", "WorkerPool", "Job"}
_JOB_READERS = {"fetch", "fetch_many", "create", "exists"}
_OBJECT_STREAMS = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "marshal", "shelve"}


def find_enqueues(files: Iterable[Source]) -> Iterator[Violation]:
    """Calls of `enqueue` and its kin outside the relay and the worker: before the commit the
    worker would see no row, after it a crash would lose the job."""
    for file in files:
        if file.path.startswith(_ENQUEUERS):
            continue
        for call, name in calls(file.tree):
            if name.startswith("enqueue"):
                yield file.at(call, f"{name} outside the outbox relay and the worker")


def find_unsafe_serializers(files: Iterable[Source]) -> Iterator[Violation]:
    """RQ's own serializer is pickle: whoever may write to Redis would run code in the worker."""
    for file in files:
        names = {name.split(".")[-1] for _node, name in imports(file.tree) if _of_rq(name)}
        for call, _name in calls(file.tree):
            if _needs_serializer(call, names) and not _uses_json(call):
                yield file.at(call, f"{ast.unparse(call.func)} without serializer=JSONSerializer")


def _of_rq(name: str) -> bool:
    return name.split(".")[0] == "rq"


def _needs_serializer(call: ast.Call, imported: set[str]) -> bool:
    name = dotted(call.func).removeprefix("rq.")
    owner, _, method = name.rpartition(".")
    if owner:
        return owner == "Job" and "Job" in imported and method in _JOB_READERS
    return (
        name in _RQ_SERIALIZED - {"Job"} and (name in imported or dotted(call.func) == f"rq.{name}")
    ) or (name.endswith("Registry") and name in imported)


def _uses_json(call: ast.Call) -> bool:
    given = {keyword.arg: dotted(keyword.value).split(".")[-1] for keyword in call.keywords}
    return given.get("serializer") == "JSONSerializer"


def find_object_streams(files: Iterable[Source]) -> Iterator[Violation]:
    """Imports of modules that turn bytes into arbitrary objects."""
    for file in files:
        for node, name in imports(file.tree):
            if set(name.split(".")) & _OBJECT_STREAMS:
                yield file.at(node, f"{name}: bytes from outside would become objects")
