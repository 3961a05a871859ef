picletter: writeShellApplication:
let
  command = name: description: {
    type = "app";
    program = "${
      writeShellApplication {
        name = "picletter-${name}";
        runtimeInputs = [ picletter ];
        text = ''exec picletter ${name} "$@"'';
      }
    }/bin/picletter-${name}";
    meta.description = description;
  };
in
rec {
  default = try;
  try = command "try" "Run the Logic App and the worker on this machine, and show the mail";
  preview = command "preview" "Compose today's mail from the live sources without sending it";
  push = command "push" "Push the image, and nothing else";
  deploy = command "deploy" "Bring Heroku and Azure to what picletter.toml says";
  run = command "run" "Start a run now and follow it";
  status = command "status" "Show how the schedule goes";
  destroy = command "destroy" "Remove what deploy has made";
  schedule = command "schedule" "Show when the job will run";
}
