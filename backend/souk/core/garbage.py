"""When Python looks for garbage that refers to itself; all other garbage goes by itself."""

import gc

# Of objects that were made and not given back. By default 700 have Python look, and the whole
# heap is looked through whenever it has grown by a quarter, which a watcher that holds a window of
# blocks does all the time: a fifth of its work.
_OBJECTS, _YOUNG, _MIDDLE = 50_000, 20, 50


def keep_what_is_loaded() -> None:
    """For a process that has everything loaded and composed, and goes on for long: what there is
    now stays to its end and is never looked through again, and what comes is looked through
    seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, _YOUNG, _MIDDLE)
