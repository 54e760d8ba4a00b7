"""Pictures that anybody may have made, looked at where they can do no harm.

`cleaner` is what others use. It talks over two pipes (`process`, `wire`) with a program of its own
(`sandbox`), which loads Pillow, gives up what it does not need (`confinement`) and then forks once
for each picture. Only there are pictures taken apart: `outline` reads what a file says about
itself, `decoding`, `colours` and `animation` make pixels of it, `encoding` writes them anew.
"""
