"""Finds what was said in a person's own chats.

`shadow` makes tokens of a text, `query` makes terms of what was typed, `marking` shows where they
are in a text: plain Python. `installing` lays the index in the database, `index` writes and asks it,
`finding` gathers what a page shows, `around` the messages beside a hit.

How the index keeps in step. `search_state` has a row for each message a person can find, with its
owner and whether it is in the index; triggers keep it, whoever writes, in the writer's own
transaction: a new message waits; one whose text changes, or whose chat gets another owner, is taken
out of the index and waits; one that goes is taken out and forgotten. So the index never holds what a
message does not say. What waits is put in by the serving process every second or two, a small batch
in each transaction, and never while its reply is being written: a checkpoint costs one look-up. A
search reads what waits from the messages themselves. After a crash, an import or a restore there is
nothing to repair: whatever is not in the index waits. Migrations of the chats run without triggers,
so after one the index is made anew.
"""
