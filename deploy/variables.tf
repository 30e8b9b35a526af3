# Where

variable "tenancy_ocid" {
  type        = string
  description = "OCID of the tenancy; Resource Manager fills it in."
  validation {
    condition     = startswith(var.tenancy_ocid, "ocid1.tenancy.")
    error_message = "This is not the OCID of a tenancy."
  }
}

variable "region" {
  type        = string
  description = "Region of the function and of the volumes it backs up, e.g. eu-frankfurt-1; Resource Manager fills it in."
}

variable "compartment_ocid" {
  type        = string
  description = "OCID of the compartment for the function, its topics and its rules."
  validation {
    condition     = can(regex("^ocid1\\.(compartment|tenancy)\\.", var.compartment_ocid))
    error_message = "This is not the OCID of a compartment."
  }
}

variable "volumes_compartment_ocid" {
  type        = string
  default     = ""
  nullable    = false
  description = "OCID of the compartment whose volumes, and those of the compartments below it, may be backed up; empty: the function's own."
  validation {
    condition     = can(regex("^(ocid1\\.(compartment|tenancy)\\..*)?$", var.volumes_compartment_ocid))
    error_message = "This is neither empty nor the OCID of a compartment."
  }
}

variable "alarms_compartment_ocid" {
  type        = string
  default     = ""
  nullable    = false
  description = "OCID of the compartment whose alarms, and those of the compartments below it, may name by alarm_select_tag what is backed up; empty: that of the volumes."
  validation {
    condition     = can(regex("^(ocid1\\.(compartment|tenancy)\\..*)?$", var.alarms_compartment_ocid))
    error_message = "This is neither empty nor the OCID of a compartment."
  }
}

variable "name_prefix" {
  type        = string
  default     = "volume-backups"
  nullable    = false
  description = "Name of the functions application, and the beginning of all other names. Topics, the dynamic group and the policy are named in the whole tenancy, so two stacks of one tenancy need two prefixes; another prefix replaces the function, its application and its topics."
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.name_prefix))
    error_message = "Small letters, digits and hyphens, at most 31."
  }
}

# Function

variable "image" {
  type        = string
  description = "The function's image in the region's registry, e.g. fra.ocir.io/namespace/create-volume-backup:0.2.0."
  validation {
    condition     = can(regex("^[a-z0-9.-]+/.+[:@].+$", var.image))
    error_message = "Expected registry/namespace/name:tag."
  }
}

variable "subnet_ocid" {
  type        = string
  default     = ""
  nullable    = false
  description = "OCID of a subnet that reaches the Oracle services network; empty: a minimal network is made."
  validation {
    condition     = can(regex("^(ocid1\\.subnet\\..*)?$", var.subnet_ocid))
    error_message = "This is neither empty nor the OCID of a subnet."
  }
}

variable "oci_endpoint" {
  type        = string
  default     = ""
  nullable    = false
  description = "OCI_ENDPOINT: one base URL in place of all OCI endpoints; for rehearsals only."
}

variable "log_level" {
  type        = string
  default     = "INFO"
  nullable    = false
  description = "LOG_LEVEL: DEBUG, INFO, WARNING, ERROR or CRITICAL."
  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], var.log_level)
    error_message = "One of DEBUG, INFO, WARNING, ERROR, CRITICAL."
  }
}

# What is backed up

variable "backup_tag" {
  type        = string
  default     = "backup"
  nullable    = false
  description = "BACKUP_TAG: key of a free-form tag, or namespace.key of a defined tag, that opts a volume in."
  validation {
    condition     = can(regex("^[!-\\-/-~]{1,100}(\\.[!-\\-/-~]{1,100})?$", var.backup_tag))
    error_message = "Expected key or namespace.key."
  }
}

variable "backup_type" {
  type        = string
  default     = "INCREMENTAL"
  nullable    = false
  description = "BACKUP_TYPE: the type where neither request nor tag says one."
  validation {
    condition     = contains(["FULL", "INCREMENTAL"], var.backup_type)
    error_message = "FULL or INCREMENTAL."
  }
}

variable "event_types" {
  type        = list(string)
  default     = []
  nullable    = false
  description = "EVENT_TYPES: further event types, without *, that back up the event's resource whatever its tags; the rule sends them, too."
  validation {
    condition     = alltrue([for type in var.event_types : can(regex("^com\\.oraclecloud\\.[a-z]+\\.[a-z.]+$", type))])
    error_message = "Each is like com.oraclecloud.computeapi.terminateinstance.begin."
  }
}

variable "alarm_types" {
  type        = list(string)
  default     = ["OK_TO_FIRING"]
  nullable    = false
  description = "ALARM_TYPES: alarm transitions that act."
  validation {
    condition     = length(setsubtract(var.alarm_types, ["OK_TO_FIRING", "FIRING_TO_OK", "REPEAT", "RESET"])) == 0
    error_message = "Of OK_TO_FIRING, FIRING_TO_OK, REPEAT, RESET."
  }
}

variable "alarm_select_tag" {
  type        = string
  default     = "backup-select"
  nullable    = false
  description = "ALARM_SELECT_TAG: key of the free-form tag by which an alarm that names no volume or instance says what is backed up: key, key=value or namespace.key=value."
  validation {
    condition     = can(regex("^[!-\\-/-~]{1,100}$", var.alarm_select_tag))
    error_message = "Expected the key of a free-form tag."
  }
}

variable "require_tag" {
  type        = bool
  default     = false
  nullable    = false
  description = "REQUIRE_TAG: alarms and event_types, too, back up only tagged volumes."
}

variable "min_interval_minutes" {
  type        = number
  default     = 0
  nullable    = false
  description = "MIN_INTERVAL_MINUTES: skip a volume whose newest backup is younger; 0 is off."
  validation {
    condition     = var.min_interval_minutes >= 0 && floor(var.min_interval_minutes) == var.min_interval_minutes
    error_message = "A whole number of 0 or more."
  }
}

variable "kms_key_id" {
  type        = string
  default     = ""
  nullable    = false
  description = "KMS_KEY_ID: OCID of the key for backups whose request names none; empty: none."
  validation {
    condition     = can(regex("^(ocid1\\.key\\..*)?$", var.kms_key_id))
    error_message = "This is neither empty nor the OCID of a key."
  }
}

variable "retention_days" {
  type        = number
  default     = 0
  nullable    = false
  description = "RETENTION_DAYS: retention of backups whose request names none; 0: they are kept until they are deleted."
  validation {
    condition     = var.retention_days >= 0 && floor(var.retention_days) == var.retention_days
    error_message = "A whole number of 0 or more."
  }
}

variable "copy_to_region" {
  type        = string
  default     = ""
  nullable    = false
  description = "COPY_TO_REGION: name or key of a region, e.g. eu-zurich-1, to which each completed backup of the function is copied; empty: no copies."
  validation {
    condition     = can(regex("^[A-Za-z0-9-]*$", var.copy_to_region))
    error_message = "Expected the name or the key of a region."
  }
}

variable "copy_kms_key_id" {
  type        = string
  default     = ""
  nullable    = false
  description = "COPY_KMS_KEY_ID: OCID of the key, of that region, for the copies; empty: Oracle's own."
  validation {
    condition     = can(regex("^(ocid1\\.key\\..*)?$", var.copy_kms_key_id))
    error_message = "This is neither empty nor the OCID of a key."
  }
}

variable "dry_run" {
  type        = bool
  default     = false
  nullable    = false
  description = "DRY_RUN: decide everything, change and publish nothing."
}

variable "max_concurrency" {
  type        = number
  default     = 8
  nullable    = false
  description = "MAX_CONCURRENCY: API calls in flight in one invocation."
  validation {
    condition     = var.max_concurrency >= 1 && floor(var.max_concurrency) == var.max_concurrency
    error_message = "A whole number of 1 or more."
  }
}

# What cannot be done at once

variable "create_queue" {
  type        = bool
  default     = true
  nullable    = false
  description = "Make a queue and a connector, so that what cannot be done at once (a backup is running, the API throttles, the time is over) comes back until it is done."
}

variable "give_up_hours" {
  type        = number
  default     = 4
  nullable    = false
  description = "GIVE_UP_HOURS: how long work from the queue is tried before it is told as failed; 1 to 23. Up to 4 hours it is tried every 15 minutes, beyond that less often, because a queue delivers a message 20 times at the most."
  validation {
    condition     = var.give_up_hours >= 1 && var.give_up_hours <= 23 && floor(var.give_up_hours) == var.give_up_hours
    error_message = "A whole number from 1 to 23: a retry token lives for 24 hours."
  }
}

# What it may do

variable "allow_boot_volumes" {
  type        = bool
  default     = true
  nullable    = false
  description = "Boot volumes may be backed up."
}

variable "allow_volume_groups" {
  type        = bool
  default     = false
  nullable    = false
  description = "Volume groups may be backed up."
}

variable "allow_instances" {
  type        = bool
  default     = true
  nullable    = false
  description = "An alarm or event on an instance backs up its volumes."
}

variable "allow_tag_namespaces" {
  type        = bool
  default     = false
  nullable    = false
  description = "Backups may get defined tags; needed where tag defaults or requests set them."
}

# Who is told

variable "additional_topic_ids" {
  type        = list(string)
  default     = []
  nullable    = false
  description = "TOPIC_ID beside the topic that is made: OCIDs of Notifications topics, which need a policy where they are in another compartment, and ARNs of Amazon SNS topics."
}

variable "additional_alert_topic_ids" {
  type        = list(string)
  default     = []
  nullable    = false
  description = "ALERT_TOPIC_ID beside the topic that is made, in the forms of additional_topic_ids."
}

variable "notification_email" {
  type        = string
  default     = ""
  nullable    = false
  description = "E-mail address that gets the alerts, which are for people; it has to confirm. Empty: none."
}

variable "notification_url" {
  type        = string
  default     = ""
  nullable    = false
  description = "HTTPS endpoint that gets the results; it has to confirm. Empty: none."
  validation {
    condition     = var.notification_url == "" || startswith(var.notification_url, "https://")
    error_message = "Expected https://…"
  }
}

variable "create_failure_destination" {
  type        = bool
  default     = true
  nullable    = false
  description = "Detached invocations, those by schedules above all, that the function could not carry out are told on a topic of their own."
}

variable "create_function_alarms" {
  type        = bool
  default     = true
  nullable    = false
  description = "Alarms to the alert topic: when the function answers with an error, and, where a schedule calls it every day, when nothing has called it for a day."
}

# What sets it off

variable "create_sample_alarm" {
  type        = bool
  default     = false
  nullable    = false
  description = "Make an alarm on instances whose CPU is busy, wired to the alarm topic, to try with."
}

variable "selection_cron" {
  type        = string
  default     = ""
  nullable    = false
  description = "Back up everything with the tag selection_tag at these times (UTC, cron format, e.g. 0 2 * * *); empty: no nightly selection."
  validation {
    condition     = can(regex("^(\\S+( \\S+){4})?$", var.selection_cron))
    error_message = "Expected five fields of cron, e.g. 0 2 * * *, or nothing."
  }
}

variable "selection_tag" {
  type        = string
  default     = ""
  nullable    = false
  description = "Tag that selection and report go by: key of a free-form tag, or namespace.key of a defined tag; empty: backup_tag."
  validation {
    condition     = can(regex("^([!-\\-/-~]{1,100}(\\.[!-\\-/-~]{1,100})?)?$", var.selection_tag))
    error_message = "Expected key or namespace.key."
  }
}

variable "selection_value" {
  type        = string
  default     = ""
  nullable    = false
  description = "Value that the tag has to have for selection and report; empty: any that does not opt out."
  validation {
    condition     = length(var.selection_value) <= 256
    error_message = "A tag's value has at most 256 characters."
  }
}

variable "report_cron" {
  type        = string
  default     = ""
  nullable    = false
  description = "Tell at these times (UTC, cron format, e.g. 0 8 * * *) what has the tag selection_tag and no fresh backup; empty: no report."
  validation {
    condition     = can(regex("^(\\S+( \\S+){4})?$", var.report_cron))
    error_message = "Expected five fields of cron, e.g. 0 2 * * *, or nothing."
  }
}

variable "report_max_age_hours" {
  type        = number
  default     = 26
  nullable    = false
  description = "How many hours old a backup may be to count as fresh in the report; 26 fits backups of every night."
  validation {
    condition     = var.report_max_age_hours > 0 && var.report_max_age_hours <= 87840
    error_message = "More than 0, and at most ten years: 87840."
  }
}

variable "schedule_cron" {
  type        = string
  default     = ""
  nullable    = false
  description = "Back up schedule_volume_ocid, whatever its tags, at these times (UTC, cron format, e.g. 0 2 * * *); empty: no schedule."
  validation {
    condition     = can(regex("^(\\S+( \\S+){4})?$", var.schedule_cron))
    error_message = "Expected five fields of cron, e.g. 0 2 * * *, or nothing."
  }
}

variable "schedule_volume_ocid" {
  type        = string
  default     = ""
  nullable    = false
  description = "OCID of the volume, boot volume, volume group or instance that the schedule backs up."
}
