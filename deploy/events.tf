# Which events reach the function: tag changes and completions, by their exact types. A rule for blockvolumes.* would be set
# off by every backup that the function makes.

locals {
  tag_changes = concat(
    [
      "com.oraclecloud.blockvolumes.createvolume.end",
      "com.oraclecloud.blockvolumes.updatevolume",
      "com.oraclecloud.blockvolumes.updatevolume.end",
    ],
    [for type in [
      "com.oraclecloud.blockvolumes.createbootvolume.end",
      "com.oraclecloud.blockvolumes.updatebootvolume",
      "com.oraclecloud.blockvolumes.updatebootvolume.end",
    ] : type if var.allow_boot_volumes],
    [for type in [
      "com.oraclecloud.blockvolumes.createvolumegroup.end",
      "com.oraclecloud.blockvolumes.updatevolumegroup",
      "com.oraclecloud.blockvolumes.updatevolumegroup.end",
    ] : type if var.allow_volume_groups],
  )

  completions = concat(
    ["com.oraclecloud.blockvolumes.createvolumebackup.end"],
    [for type in ["com.oraclecloud.blockvolumes.createbootvolumebackup.end"] : type if var.allow_boot_volumes],
    [for type in ["com.oraclecloud.blockvolumes.createvolumegroupbackup.end"] : type if var.allow_volume_groups],
    # Of copies, as far as their end is told in this region, which Oracle does not say.
    [for type in ["com.oraclecloud.blockvolumes.copyvolumebackup.end"] : type if var.copy_to_region != ""],
    [for type in ["com.oraclecloud.blockvolumes.copybootvolumebackup.end"] : type if var.copy_to_region != "" && var.allow_boot_volumes],
  )
}

resource "oci_events_rule" "tag_changes" {
  compartment_id = local.volumes_compartment
  display_name   = "${local.name}-tag-changes"
  description    = "Volumes that were created or changed, so that a tag makes a backup."
  is_enabled     = true
  condition      = jsonencode({ eventType = concat(local.tag_changes, var.event_types) })

  actions {
    actions {
      action_type = "FAAS"
      is_enabled  = true
      function_id = oci_functions_function.create_volume_backup.id
    }
  }
}

resource "oci_events_rule" "completions" {
  compartment_id = local.volumes_compartment
  display_name   = "${local.name}-completions"
  description    = "Backups that ended, so that their final state is told."
  is_enabled     = true
  condition      = jsonencode({ eventType = local.completions })

  actions {
    actions {
      action_type = "FAAS"
      is_enabled  = true
      function_id = oci_functions_function.create_volume_backup.id
    }
  }
}
