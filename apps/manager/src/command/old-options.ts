import { Option, type Command } from 'commander';

/** Adds options that scripts for the old tool may give. They have no effect and do not stand in the help. */
export function addOldOptions(command: Command, ...flags: string[]): Command {
  for (const flag of flags) command.addOption(new Option(flag, 'accepted for old scripts, without effect').hideHelp());
  return command;
}
