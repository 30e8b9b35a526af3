"""``make stack``: the stack's whole life with Oracle's own Terraform provider, against the local OCI.

It is validated, applied, planned again without changes, tried, changed, and destroyed. `terraform init` downloads the
provider, unless a CLI configuration (TF_CLI_CONFIG_FILE) names one that is at hand already.
"""

from __future__ import annotations

import configparser
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulator import LocalOci, local_oci

DEPLOY = Path(__file__).resolve().parent
_IMAGE = "iad.ocir.io/local/create-volume-backup"
# The provider's clients, each of which is told where its service is.
_CLIENTS = (
    "oci_core.VirtualNetworkClient",
    "oci_identity.IdentityClient",
    "oci_functions.FunctionsManagementClient",
    "oci_events.EventsClient",
    "oci_ons.NotificationControlPlaneClient",
    "oci_ons.NotificationDataPlaneClient",
    "oci_monitoring.MonitoringClient",
    "oci_logging.LoggingManagementClient",
    "oci_resource_scheduler.ScheduleClient",
    "oci_sch.ServiceConnectorClient",
    "oci_queue.QueueAdminClient",
)
EVERY_OPTION: dict[str, Any] = {
    "create_sample_alarm": True,
    "alarm_select_tag": "save",
    "alarms_compartment_ocid": "ocid1.compartment.oc1..aaaarehearsal",
    "selection_cron": "0 2 * * *",
    "selection_tag": "app",
    "selection_value": "shop",
    "report_cron": "0 8 * * *",
    "report_max_age_hours": 25.5,
    "schedule_cron": "0 2 * * *",
    "schedule_volume_ocid": "ocid1.volume.oc1.iad.aaaarehearsal",
    "notification_email": "on-call@example.com",
    "notification_url": "https://hooks.example.com/backups",
    "allow_volume_groups": True,
    "allow_tag_namespaces": True,
    "kms_key_id": "ocid1.key.oc1.iad.aaaavault.aaaarehearsal",
    "copy_to_region": "us-phoenix-1",
    "copy_kms_key_id": "ocid1.key.oc1.phx.aaaavault.aaaarehearsal",
    "event_types": ["com.oraclecloud.computeapi.terminateinstance.begin"],
    "give_up_hours": 20,
}
CHANGES: dict[str, Any] = {
    "create_failure_destination": False,
    "create_queue": False,
    "create_function_alarms": False,
    "selection_cron": "30 1 * * 0",
    "selection_value": "",
    "report_cron": "",
}


class Terraform:
    """Terraform in a folder of its own, with the stack's files and the local OCI's address.

    Raises subprocess.CalledProcessError where a command fails; what it printed has been printed then.
    """

    def __init__(self, folder: Path, oci: LocalOci) -> None:
        self._folder = folder
        self._environment = {**os.environ, **_environment(oci)}

    def prepare(self) -> None:
        """Validate the stack, after the provider has been downloaded where it is not at hand."""
        if subprocess.run(["terraform", "validate"], **self._how(), capture_output=True, check=False).returncode:
            self.run("init", "-input=false")
        self.run("validate")

    def run(self, command: str, *arguments: str, values: Mapping[str, Any] | None = None) -> None:
        """Run a command, with variables beside those that the rehearsal needs."""
        print(f"\n$ terraform {' '.join((command, *arguments))}  {json.dumps(values or {})}", flush=True)
        variables = self._folder / "rehearsal.auto.tfvars.json"
        variables.write_text(json.dumps(values or {}))
        subprocess.run(["terraform", command, "-no-color", *arguments], **self._how(), check=True)

    def output(self, name: str) -> str:
        """Return one of the stack's outputs."""
        command = ["terraform", "output", "-raw", name]
        done = subprocess.run(command, **self._how(), capture_output=True, text=True, check=True)
        return str(done.stdout)

    def _how(self) -> dict[str, Any]:
        return {"cwd": self._folder, "env": self._environment}


def _environment(oci: LocalOci) -> dict[str, str]:
    parser = configparser.ConfigParser()
    parser.read(oci.config_file)
    profile = parser["DEFAULT"]
    return {
        "CHECKPOINT_DISABLE": "1",
        "CLIENT_HOST_OVERRIDES": ";".join(f"{client}={oci.base_url}" for client in _CLIENTS),
        "TF_IN_AUTOMATION": "1",
        "TF_VAR_tenancy_ocid": profile["tenancy"],
        "TF_VAR_user_ocid": profile["user"],
        "TF_VAR_fingerprint": profile["fingerprint"],
        "TF_VAR_private_key_path": profile["key_file"],
        "TF_VAR_region": profile["region"],
        "TF_VAR_compartment_ocid": oci.compartment_id,
        "TF_VAR_image": f"{_IMAGE}:0.2.0",
        "TF_VAR_oci_endpoint": oci.base_url,
    }


def rehearse(terraform: Terraform, oci: LocalOci) -> None:
    """Carry the stack through its life. Raises CalledProcessError, and TimeoutError where its function does not act."""
    terraform.prepare()
    for values, try_out in (
        ({}, _try_a_tag),
        (EVERY_OPTION, _try_the_selection),
        ({**EVERY_OPTION, **CHANGES}, None),
        ({}, None),
    ):
        terraform.run("apply", "-auto-approve", "-input=false", values=values)
        terraform.run("plan", "-detailed-exitcode", "-input=false", values=values)
        if try_out:
            try_out(oci, terraform.output("result_topic_id"))
    print("\nDestroying takes five minutes: so long does the provider wait after deleting the application.")
    terraform.run("destroy", "-auto-approve", "-input=false")


def _try_a_tag(oci: LocalOci, topic_id: str) -> None:
    """Tag a volume in the stack's compartment, and wait for its backup to be told on the stack's own topic."""
    volume_id = _create_volume(oci, {})
    oci.operator.call("PUT", f"/20160918/volumes/{volume_id}", {"freeformTags": {"backup": "full"}})
    _wait_until_told(oci, topic_id, volume_id)


def _try_the_selection(oci: LocalOci, topic_id: str) -> None:
    """Have the nightly selection's schedule run at once, and wait as above for what it has to find."""
    volume_id = _create_volume(oci, {EVERY_OPTION["selection_tag"]: EVERY_OPTION["selection_value"]})
    found = oci.operator.call("GET", f"/20240430/schedules?compartmentId={oci.compartment_id}")["items"]
    [schedule_id] = [schedule["id"] for schedule in found if schedule["displayName"].endswith("-selection")]
    oci.operator.call("POST", f"/emulator/schedules/{schedule_id}/fire")
    _wait_until_told(oci, topic_id, volume_id)


def _create_volume(oci: LocalOci, tags: Mapping[str, str]) -> str:
    located = {"compartmentId": oci.compartment_id, "availabilityDomain": "Iocq:US-ASHBURN-AD-1"}
    volume = oci.operator.call("POST", "/20160918/volumes", {**located, "displayName": "db-1", "freeformTags": tags})
    oci.journal.wait_for("event", type="com.oraclecloud.blockvolumes.createvolume.end", resource=volume["id"])
    return str(volume["id"])


def _wait_until_told(oci: LocalOci, topic_id: str, volume_id: str) -> None:
    """Wait until a topic has taken that a volume's backup is accepted, and that it is available."""
    name = oci.operator.call("GET", f"/20181201/topics/{topic_id}")["name"]

    def told() -> list[str]:
        messages = oci.journal.entries("message", topic=name)
        return [entry.details["title"] for entry in messages if volume_id in entry.details["body"]]

    if not oci.journal.wait_until(lambda _: len(told()) > 1):
        raise TimeoutError(f"{name} took only {told()} about {volume_id}")
    for title in told():
        print(f"\n{name} took “{title}”")


def main() -> int:
    """Rehearse, and return the exit code."""
    if shutil.which("terraform") is None:
        print("terraform is not installed; see https://developer.hashicorp.com/terraform/install", file=sys.stderr)
        return 2
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="stack-") as folder, local_oci(own_stack=False, state=None) as oci:
        for file in DEPLOY.glob("*.tf"):
            shutil.copy(file, folder)
        try:
            rehearse(Terraform(Path(folder), oci), oci)
        except (subprocess.CalledProcessError, TimeoutError) as error:
            print(f"\nThe rehearsal failed: {error}", file=sys.stderr)
            return 1
    print(f"\nDone in {time.monotonic() - started:.0f} s: applied, unchanged when planned again, tried, and destroyed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
