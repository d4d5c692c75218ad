import { ImageError } from './image-source.js';
import { contactHost, contactRepository, parseReference } from './reference.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('parseReference', () => {
  it.each([
    ['alpine', 'docker.io', 'alpine', 'latest'],
    ['library/alpine', 'docker.io', 'library/alpine', 'latest'],
    ['alpine:', 'docker.io', 'alpine', 'latest'],
    ['Alpine', 'docker.io', 'Alpine', 'latest'],
    ['  alpine:3.20 ', 'docker.io', 'alpine', '3.20'],
    ['myhost/app:1', 'docker.io', 'myhost/app', '1'],
    ['my.host/app:1', 'my.host', 'app', '1'],
    ['my.host:5000/a/b/c', 'my.host:5000', 'a/b/c', 'latest'],
    ['docker.io/library/debian:12', 'docker.io', 'library/debian', '12'],
    ['localhost/app', 'localhost', 'app', 'latest'],
    ['localhost:5000/app:v1', 'localhost:5000', 'app', 'v1'],
    ['localbuild/x', 'localbuild', 'x', 'latest'],
    ['my.host:5000', 'docker.io', 'my.host', '5000'],
    ['a/b__c.d-e--f:_x', 'docker.io', 'a/b__c.d-e--f', '_x'],
  ])('%s', (text, registry, repo, tag) => {
    const fulltag = `${registry}/${repo}:${tag}`;
    expect(parseReference(text)).toEqual({
      host: registry.split(':')[0],
      registry,
      repo,
      tag,
      digest: null,
      imageId: null,
      fulltag,
      fulldigest: null,
      pullstring: fulltag,
    });
  });

  it.each([
    [`quay.io/o/r@${DIGEST}`, 'quay.io', 'o/r'],
    [`o/r:1@${DIGEST}`, 'docker.io', 'o/r'],
    [`my.host:5000/r:1@${DIGEST}`, 'my.host:5000', 'r'],
  ])('a digest wins over a tag: %s', (text, registry, repo) => {
    const fulldigest = `${registry}/${repo}@${DIGEST}`;
    expect(parseReference(text)).toMatchObject({
      registry,
      repo,
      tag: null,
      fulltag: null,
      digest: DIGEST,
      fulldigest,
      pullstring: fulldigest,
    });
  });

  it('takes a digest alone and an image id alone', () => {
    expect(parseReference(DIGEST)).toMatchObject({
      registry: 'docker.io',
      repo: null,
      digest: DIGEST,
      pullstring: null,
    });
    const id = 'b'.repeat(64);
    expect(parseReference(id)).toMatchObject({ registry: null, repo: null, imageId: id, pullstring: null });
  });

  it.each([
    ['', 'empty'],
    ['a b', 'bad character'],
    ['app:1;rm', 'bad character'],
    ['a:b:c', 'more than one tag'],
    ['http://x.io/a:1', 'no scheme'],
    ['../etc', "'..' is not a registry"],
    ['o/../etc', "'..' is not a part"],
    ['a//b', "'' is not a part"],
    ['my.host/', 'no repository'],
    ['my.host:/a', 'not a registry'],
    ['my.host:port/a', 'not a registry'],
    ['a@sha256:abc', 'after @'],
    [`a@${DIGEST}@${DIGEST}`, 'more than one @'],
    ['sha256:abc', 'a digest is sha256:'],
    [`a:${'t'.repeat(129)}`, 'not a tag'],
    ['a/'.repeat(200) + 'b', 'longer than 255'],
    ['x'.repeat(2000), 'longer than 1024'],
  ])('refuses %j and says what is allowed', (text, why) => {
    const parse = (): unknown => parseReference(text);
    expect(parse).toThrow(ImageError);
    expect(parse).toThrow(expect.objectContaining({ code: 'invalid_reference' }));
    expect(parse).toThrow(why);
    expect(parse).toThrow('allowed are');
  });
});

describe('contacting a registry', () => {
  it('adds library/ for one-word names of Docker Hub only', () => {
    expect(contactRepository('docker.io', 'alpine')).toBe('library/alpine');
    expect(contactRepository('docker.io', 'o/r')).toBe('o/r');
    expect(contactRepository('my.host', 'alpine')).toBe('alpine');
  });

  it('knows the host of Docker Hub', () => {
    expect(contactHost('docker.io')).toBe('registry-1.docker.io');
    expect(contactHost('my.host:5000')).toBe('my.host:5000');
  });
});
