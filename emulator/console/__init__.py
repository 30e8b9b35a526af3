"""The page of the local OCI, served at its root: what happens, what there is, and buttons that make public calls.

`entries` says what of the journal is shown, `stream` sends it, `state` says what there is, `actions` makes the calls,
and `routes` serves all of that beside the files in `page`. The page holds no key: the operator's calls are signed here.
"""
