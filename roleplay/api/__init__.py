"""The Xingchen HTTP API, served over this site's characters, stories and model connections.

A program written for the vendor changes the host and the key. `door` lets a call in, `shapes` reads
it, one module for each group of paths does the work, `frames` writes the answer, and `routes` is
the list of everything that is offered: the URLs and the OpenAPI document are made from it.
"""
