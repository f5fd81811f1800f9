import pg from 'pg';
import { hasDormantPolicies } from './policies.ts';
import type { Wish } from './plan.ts';
import type { Access, ReaderRole } from './snapshot.ts';

/** Why a role cannot get what you ask for, and what to do; undefined if it can. */
export function refuseAccess(access: Access, role: ReaderRole, wish: Wish): string | undefined {
  const { relations } = access;
  if (role.isSuperuser) {
    return wish.tenant
      ? `The role ${role.name} is a superuser, for whom no policy counts. Choose another role, or make it an ordinary one: alter role ${role.sql} nosuperuser;`
      : `The role ${role.name} is a superuser and reads everything already. Choose another role for readers.`;
  }
  const written = relations.find(({ writes }) => writes);
  if (written || relations.some(({ owner }) => owner === role.sql)) {
    return `The role ${role.name} ${written ? `may write ${written.sql}` : 'owns tables of kombo-sync'}: it belongs to the service, whose rights stay as they are. Choose another role for readers.`;
  }
  return wish.tenant ? refuseTenant(access, role) : undefined;
}

function refuseTenant(access: Access, role: ReaderRole): string | undefined {
  const { knowsInvoker, powers, relations, schemas } = access;
  if (!knowsInvoker) {
    return `Postgres 14 shows in a view what its owner may see, so a tenant would see everything in ${schemas.live.name}. Use Postgres 15 or newer to limit a role to an integration.`;
  }
  if (role.bypassesPolicies) {
    return `The role ${role.name} passes over policies (BYPASSRLS). Choose another role, or change it: alter role ${role.sql} nobypassrls;`;
  }
  if (powers.length > 0) {
    return `The role ${role.name} can act as ${powers.join(', ')}, which may read more than one integration. Take it out: revoke ${powers.join(', ')} from ${role.sql};`;
  }
  const open = relations.find(({ schema, isPublic }) => schema === schemas.service.name && isPublic);
  if (open) {
    return `Everyone may read ${open.sql}, which names the records of all integrations. Close it: revoke all on ${open.sql} from public;`;
  }
  const dormant = relations.find((relation) => relation.kind === 'table' && hasDormantPolicies(relation));
  if (dormant) {
    const names = dormant.policies.map(({ name }) => pg.escapeIdentifier(name));
    return `${dormant.sql} has policies that are not in force: ${names.join(', ')}. To limit a tenant would put them in force for all. Drop them, or enable row level security on that table yourself.`;
  }
  return undefined;
}
