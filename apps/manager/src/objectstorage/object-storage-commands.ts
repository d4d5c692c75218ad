import { builtinDrivers } from '@kedge/drivers';
import type { Command } from 'commander';
import type { CommandContext } from '../command/context.js';
import { addDatabaseOptions } from '../command/database-options.js';
import { addCheckCommand } from './check.js';
import { addDoctorCommand } from './doctor/doctor.js';
import { addFsckCommand } from './fsck.js';
import { addListDriversCommand } from './list-drivers.js';
import { addMigrateCommand } from './migrate.js';
import { addMigrationRecordCommands } from './migration-records.js';
import { addRollbackCommand } from './rollback.js';

/** `anchore-manager objectstorage ...`: drivers, checks and migrations. */
export function addObjectStorageCommands(program: Command, context: CommandContext): void {
  const group = addDatabaseOptions(
    program.command('objectstorage').description('object storage: drivers, checks, moving data between drivers'),
  );
  const registry = builtinDrivers();
  addListDriversCommand(group, context, registry);
  addCheckCommand(group, context, registry);
  addMigrateCommand(group, context, registry);
  addRollbackCommand(group, context, registry);
  addMigrationRecordCommands(group, context);
  addFsckCommand(group, context, registry);
  addDoctorCommand(group, context, registry);
}
