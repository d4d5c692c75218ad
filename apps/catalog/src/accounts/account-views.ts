import type { Account, AccountUser, UserCredential } from '@kedge/database';
import { timestamp } from '../wire/timestamp.js';
import type { AccountView, CredentialView, UserView } from './account.dto.js';

export function accountView(account: Account): AccountView {
  const { name, email, type, state, createdAt, lastUpdated } = account;
  return { name, email, type, state, created_at: timestamp(createdAt), last_updated: timestamp(lastUpdated) };
}

export function userView(user: AccountUser): UserView {
  const { username, type, source, createdAt, lastUpdated } = user;
  return { username, type, source, created_at: timestamp(createdAt), last_updated: timestamp(lastUpdated) };
}

export function credentialView(credential: Pick<UserCredential, 'type' | 'createdAt'>): CredentialView {
  return { type: credential.type, value: '********', created_at: timestamp(credential.createdAt) };
}
