// The buttons, and the fields of their forms.

const VOLUME = {
  name: "volumeId",
  label: "Volume",
  from: ({ volumes }) => volumes.items.filter(({ kind }) => kind === "volume"),
  none: "make a volume first",
};
const INSTANCE = {
  name: "instanceId",
  label: "Instance",
  from: ({ instances }) => instances,
  none: "launch an instance first",
};
const CONNECTOR = {
  name: "connectorId",
  label: "Connector",
  from: ({ connectors }) => connectors,
  none: "Connector Hub has to have one",
};
const ALARM = { name: "alarmId", label: "Alarm", from: ({ alarms }) => alarms, none: "make an alarm first" };
const ABOUT = {
  name: "resourceId",
  label: "About",
  from: ({ instances, volumes }) => [...instances, ...volumes.items],
  none: "launch an instance or make a volume first",
};
const SCHEDULE = {
  name: "scheduleId",
  label: "Schedule",
  from: ({ schedules }) => schedules,
  none: "Resource Scheduler has to have one",
};
const OPERATIONS = [
  "CreateVolumeBackup",
  "CreateBootVolumeBackup",
  "CreateVolumeGroupBackup",
  "GetVolume",
  "GetVolumeBackup",
  "ListVolumeAttachments",
  "PublishMessage",
  "PutMessages",
  "*",
];
const GRANTS = [
  "manage volume-backups",
  "manage boot-volume-backups",
  "use volumes",
  "read instances",
  "use ons-topics",
  "use queue-push",
];
const FAULTS = [
  ["503", "503 ServiceUnavailable"],
  ["429", "429 TooManyRequests"],
  ["500", "500 InternalServerError"],
  ["404", "404 NotAuthorizedOrNotFound"],
  ["close before", "connection broken before the call"],
  ["close after", "connection broken after the call"],
  ["kill before", "container killed before the call"],
  ["kill after", "container killed after the call"],
];

const text = (name, label, value) => ({ name, label, value });

// By group and label: the action, and its fields. A field has a value, with suggestions or without, `choices` of value and
// label, or what it takes `from` the state, with what to do where that has `none`.
export const GROUPS = {
  Volumes: {
    "Make a volume": ["create-volume", text("name", "Name", "db-data"), text("sizeInGBs", "Size in GB", "50")],
    "Set a tag": [
      "tag-volume",
      VOLUME,
      text("key", "Tag", "backup"),
      { ...text("value", "Value, empty for none", "full"), isOptional: true, suggestions: ["full", "incremental", "yes", "no"] },
    ],
    "Launch an instance": ["launch-instance", text("name", "Name", "web")],
    "Attach a volume": ["attach-volume", VOLUME, INSTANCE],
  },
  Triggers: {
    "Make an alarm": ["create-alarm", text("name", "Name", "the machine is sick")],
    "Fire the alarm": ["fire-alarm", ALARM, ABOUT],
    "Back up a volume": ["run-request", VOLUME],
    "Run a selection": ["run-selection", text("tag", "Tag", "backup")],
    "Run a report": ["run-report", text("maxAgeHours", "Oldest backup in hours", "26")],
    "Fire a schedule": ["fire-schedule", SCHEDULE],
  },
  "What goes wrong": {
    "Script a fault": [
      "add-fault",
      { ...text("operation", "Next call of", "CreateVolumeBackup"), suggestions: OPERATIONS },
      { name: "what", label: "What happens", choices: FAULTS },
      text("times", "Times", "1"),
    ],
    "Forget faults": ["clear-faults"],
    "Rotate the key": ["rotate-key"],
    "Deny a permission": [
      "deny-permission",
      { ...text("grant", "Functions may not", "manage volume-backups"), suggestions: GRANTS },
    ],
    "Allow again": ["clear-denials"],
    "Hold the queue": ["hold-queue", CONNECTOR],
    "Release the queue": ["release-queue", CONNECTOR],
  },
};
