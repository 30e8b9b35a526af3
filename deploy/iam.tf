# What exactly this function may do. Each statement is there for the operations that its comment names, and no backup may
# be deleted. SearchResources is refused nothing: it finds what the statements let the function inspect. It takes up to 15
# minutes until the function's principal has a change.

locals {
  volumes_compartment = coalesce(var.volumes_compartment_ocid, var.compartment_ocid)
  alarms_compartment  = coalesce(var.alarms_compartment_ocid, local.volumes_compartment)
  allow               = "Allow dynamic-group ${oci_identity_dynamic_group.function.name} to"
  in_volumes          = "in compartment id ${local.volumes_compartment}"
  in_alarms           = "in compartment id ${local.alarms_compartment}"

  statements = concat(
    [
      # CreateVolumeBackup, GetVolumeBackup, ListVolumeBackups, CopyVolumeBackup, CreateVolumeGroupBackup, CopyVolumeGroupBackup
      "${local.allow} manage volume-backups ${local.in_volumes} where request.permission != 'VOLUME_BACKUP_DELETE'",
      # CreateVolumeBackup, CreateBootVolumeBackup, CreateVolumeGroupBackup, GetVolume, GetBootVolume, GetVolumeBackup, GetBootVolumeBackup, ListVolumeBackups, ListBootVolumeBackups, ListVolumeAttachments, ListBootVolumeAttachments
      "${local.allow} use volumes ${local.in_volumes}",
      # SearchResources
      "${local.allow} inspect compartments ${local.in_volumes}",
      # GetAlarm
      "${local.allow} read alarms ${local.in_alarms}",
      # GetAlarm
      "${local.allow} read metrics ${local.in_alarms}",
      # PublishMessage
      "${local.allow} use ons-topics in compartment id ${var.compartment_ocid}",
    ],
    [for statement in [
      # GetQueue
      "${local.allow} read queues in compartment id ${var.compartment_ocid} where target.queue.id = '${local.work_queue_id}'",
      # PutMessages
      "${local.allow} use queue-push in compartment id ${var.compartment_ocid} where target.queue.id = '${local.work_queue_id}'",
    ] : statement if var.create_queue],
    [for statement in [
      # CreateBootVolumeBackup, GetBootVolumeBackup, ListBootVolumeBackups, CopyBootVolumeBackup, CreateVolumeGroupBackup, CopyVolumeGroupBackup
      "${local.allow} manage boot-volume-backups ${local.in_volumes} where request.permission != 'BOOT_VOLUME_BACKUP_DELETE'",
    ] : statement if var.allow_boot_volumes || var.allow_volume_groups],
    [for statement in [
      # CreateVolumeGroupBackup, GetVolumeGroupBackup, ListVolumeGroupBackups, CopyVolumeGroupBackup
      "${local.allow} manage volume-group-backups ${local.in_volumes} where request.permission != 'VOLUME_GROUP_BACKUP_DELETE'",
      # CreateVolumeGroupBackup, GetVolumeGroup
      "${local.allow} inspect volume-groups ${local.in_volumes}",
    ] : statement if var.allow_volume_groups],
    [for statement in [
      # GetInstance, ListVolumeAttachments, ListBootVolumeAttachments
      "${local.allow} read instances ${local.in_volumes}",
      # ListVolumeAttachments, ListBootVolumeAttachments
      "${local.allow} inspect volume-attachments ${local.in_volumes}",
    ] : statement if var.allow_instances],
  )

  # Not the function's own calls, but what its requests refer to (defined tags, a key that Block Volume uses), and who sets it off at fixed times.
  tenancy_statements = concat(
    var.allow_tag_namespaces ? ["${local.allow} use tag-namespaces in tenancy"] : [],
    [for key_id in compact([var.kms_key_id, var.copy_kms_key_id]) : "Allow service blockstorage to use keys in tenancy where target.key.id = '${key_id}'"],
    var.create_queue ? [
      "Allow any-user to use queue-pull in compartment id ${var.compartment_ocid} where all {request.principal.type = 'serviceconnector', request.principal.compartment.id = '${var.compartment_ocid}', target.queue.id = '${local.work_queue_id}'}",
      "Allow any-user to read queues in compartment id ${var.compartment_ocid} where all {request.principal.type = 'serviceconnector', request.principal.compartment.id = '${var.compartment_ocid}', target.queue.id = '${local.work_queue_id}'}",
      "Allow any-user to use fn-invocation in compartment id ${var.compartment_ocid} where all {request.principal.type = 'serviceconnector', request.principal.compartment.id = '${var.compartment_ocid}'}",
    ] : [],
    [for schedule in oci_resource_scheduler_schedule.calls : "Allow any-user to manage functions-family in compartment id ${var.compartment_ocid} where all {request.principal.type = 'resourceschedule', request.principal.id = '${schedule.id}'}"],
  )
}

resource "oci_identity_dynamic_group" "function" {
  provider       = oci.home
  compartment_id = var.tenancy_ocid
  name           = "${local.name}-function"
  description    = "The function create-volume-backup of ${local.name}, and nothing else."
  matching_rule  = "ALL {resource.type = 'fnfunc', resource.id = '${oci_functions_function.create_volume_backup.id}'}"
}

resource "oci_identity_policy" "function" {
  provider       = oci.home
  compartment_id = var.tenancy_ocid
  name           = "${local.name}-function"
  description    = "What the function create-volume-backup of ${local.name} may do."
  statements     = concat(local.statements, local.tenancy_statements)
}
