"""A world of nodes, blocks and accidents that one seed decides, to watch the watcher in.

What is true there (`blocks`, `escrow`, `tree`, `truth`, `money`) shares no code with the product.
"""
