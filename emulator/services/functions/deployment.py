"""What a function runs on: its image, its resource principal, and its containers."""

from __future__ import annotations

from collections.abc import Callable

from ...core.cloud import Cloud
from ...core.operations import Document
from ...core.principals import ResourcePrincipal
from ...image import Image
from .container import Container
from .environment import build_environment
from .pool import Pool


class Deployment:
    """A function as it runs. Each has a principal of its own, in a folder that is named after its OCID.

    Attributes:
        principal: what its requests are signed with.
        pool: its containers. New ones see the function's document, its application's and its image as they are then.
    """

    def __init__(
        self, cloud: Cloud, function: Document, find_application: Callable[[str], Document], image: Image
    ) -> None:
        self._cloud = cloud
        self._function = function
        self._find_application = find_application
        self._image = image
        self.principal = self._make_principal()
        self.pool = Pool(cloud, self._new_container, cloud.options.max_containers)

    def deploy(self, image: Image) -> None:
        """Run another image from now on."""
        self._image = image
        self.pool.retire()

    def _make_principal(self) -> ResourcePrincipal:
        function_id = self._function["id"]
        directory = self._cloud.state / "principals" / function_id
        directory.mkdir(parents=True)
        if self._image.user is not None:
            # That user has to reach its key and token in there.
            for folder in (self._cloud.state, directory.parent, directory):
                folder.chmod(0o711)
        claims = {
            "sub": function_id,
            "ptype": "resource",
            "ttype": "res",
            "res_type": "fnfunc",
            "res_id": function_id,
            "res_tenant": self._cloud.tenancy_id,
            "res_compartment": self._function["compartmentId"],
        }
        seconds, user = self._cloud.options.token_seconds, self._image.user
        region = self._cloud.region
        return ResourcePrincipal(directory, self._cloud.tokens, claims, seconds=seconds, owner=user, region=region)

    def _new_container(self) -> Container:
        function, image, journal = self._function, self._image, self._cloud.journal
        application = self._find_application(function["applicationId"])
        return Container(
            image.command,
            build_environment(application, function, image, self.principal.environment()),
            image.function_file.parent,
            lambda line, call_id: journal.add("log", line, text=line, function=function["id"], call=call_id),
            image.user,
        )
