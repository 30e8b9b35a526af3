"""Event-driven backups of OCI block volumes.

``invocation`` is the way of an event; read it first. It leads through four rooms, which import in one direction only:

* ``triggers``: the body's bytes become targets;
* ``backups``: targets become decisions, requests and results;
* ``oci``: requests become signed calls and answers;
* ``output``: results become messages, the caller's answer and log lines.

Below all of them lie ``domain``, the values that they speak in, ``settings`` and ``workers``.
"""
