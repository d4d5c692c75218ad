import { Secret } from '@kedge/config';
import { credentialsFor, type RegistryRecord } from './credentials.js';
import { parseReference } from './reference.js';

function record(registry: string, rest: Partial<RegistryRecord> = {}): RegistryRecord {
  return { registry, type: 'docker_v2', username: registry, password: new Secret('pw'), verifyTls: true, ...rest };
}

const records = [
  'r.example',
  'r.example:5000',
  'r.example/team/*',
  'r.example/team/app',
  'docker.io/library/debian',
].map((registry) => record(registry));

describe('credentialsFor', () => {
  it.each([
    ['r.example/other/app', 'r.example'],
    ['r.example/team/tool', 'r.example/team/*'],
    ['r.example/team/app:9', 'r.example/team/app'],
    ['r.example/teams/app', 'r.example'],
    ['r.example:5000/team/app', 'r.example:5000'],
    ['debian:12', 'docker.io/library/debian'],
    ['library/debian:12', 'docker.io/library/debian'],
  ])('%s is served by %s', (reference, expected) => {
    const access = credentialsFor(records, parseReference(reference));
    expect(access.record).toBe(expected);
    expect(access.credentials?.username).toBe(expected);
  });

  it.each(['alpine', 'r.example.evil.example/team/app', 'x.example/a'])(
    '%s is pulled without login, verified',
    (text) => {
      expect(credentialsFor(records, parseReference(text))).toEqual({ verifyTls: true });
    },
  );

  it('passes on the choice about certificates, also of a record without login', () => {
    const open = record('r.example', { username: '', verifyTls: false });
    expect(credentialsFor([open], parseReference('r.example/a'))).toEqual({ record: 'r.example', verifyTls: false });
  });

  it('takes user and password of Amazon ECR out of the token at the first colon', () => {
    const ecr = record('1.dkr.ecr.example', { type: 'awsecr', authorizationToken: new Secret('AWS:a:b') });
    const { credentials } = credentialsFor([ecr], parseReference('1.dkr.ecr.example/app'));
    expect(credentials?.username).toBe('AWS');
    expect(credentials?.password.reveal()).toBe('a:b');
  });

  it('says how to go on when an ECR record has no token', () => {
    const ecr = record('1.dkr.ecr.example', { type: 'awsecr' });
    expect(() => credentialsFor([ecr], parseReference('1.dkr.ecr.example/app'))).toThrow(
      expect.objectContaining({ code: 'unauthorized', message: expect.stringContaining('renew it') }),
    );
  });
});
