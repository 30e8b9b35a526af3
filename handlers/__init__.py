"""Event-driven backups of OCI block volumes.

Follow one event through the files: ``invocation`` calls, in this order,

* ``settings``, what the function was configured with;
* ``triggers``, the body's bytes become targets;
* ``fan_out``, many targets at a time, each going through
  ``instances`` (an instance becomes its volumes), ``completions`` (a finished backup is read) or
  ``backups`` (``tags`` decides, ``plan`` builds the request, ``oci_api`` sends it, signed by ``principal``);
* ``messages`` and ``topics``, the results become CloudEvents on the notification topics;
* ``answer``, the results become the caller's answer.
"""
