import { deflateRawSync } from 'node:zlib';
import { catalog } from '../testing/catalog.js';
import { layer } from '../testing/layer-builder.js';
import { buildZip } from '../testing/zip-builder.js';

describe('the java cataloger', () => {
  const pom = (artifact: string, version: string) =>
    `groupId=org.example\nartifactId=${artifact}\nversion=${version}\n`;

  it('reads manifests, coordinates, archives in archives and shaded artifacts', async () => {
    const inner = buildZip({
      'META-INF/MANIFEST.MF':
        'Manifest-Version: 1.0\r\nImplementation-Version: 3.\r\n 1\r\nSpecification-Vendor: V\r\n',
    });
    const war = buildZip({
      'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\n',
      'META-INF/maven/org.example/app/pom.properties': pom('app', '1.0'),
      'META-INF/maven/org.example/shaded/pom.properties': pom('shaded', '9'),
      'WEB-INF/lib/inner-lib-3.1.jar': inner,
    });
    const { element } = await catalog([{ name: 'srv/app-1.0.war', content: war }]);
    expect(element('pkgs.java')).toEqual({
      '/srv/app-1.0.war': expect.objectContaining({
        name: 'app',
        type: 'java-war',
        'maven-version': '1.0',
        origin: 'org.example',
        metadata: { 'pom.properties': '\ngroupId=org.example\nartifactId=app\nversion=1.0\n' },
      }),
      '/srv/app-1.0.war:shaded': expect.objectContaining({ name: 'shaded', 'maven-version': '9', type: 'java-war' }),
      '/srv/app-1.0.war:WEB-INF/lib/inner-lib-3.1.jar': expect.objectContaining({
        name: 'inner-lib',
        'implementation-version': '3.1',
        'maven-version': 'N/A',
        origin: 'V',
        type: 'java-jar',
        metadata: {},
      }),
    });
  });

  it('takes the coordinates that fit the file for its own, others for shaded, and those alone without a manifest', async () => {
    const folder = (artifact: string) => `META-INF/maven/org.example/${artifact}`;
    const many = buildZip({
      [`${folder('demo-extra')}/pom.properties`]: pom('demo-extra', '9'),
      [`${folder('demo')}/pom.properties`]: pom('demo', '2'),
      [`${folder('demo')}/pom.xml`]:
        '<project><parent><groupId>org.parent</groupId></parent><artifactId>demo</artifactId></project>',
    });
    const signed = buildZip({
      'META-INF/MANIFEST.MF': `Bundle-Name: Main\nBuilt-By: x\n\nName: a/B.class\nSHA-256-Digest: x\nImplementation-Version: 7\n`,
    });
    const { element } = await catalog([
      { name: 'demo-2.jar', content: many },
      { name: '_.jar', content: signed },
      { name: 'other.jar', content: buildZip({ [`${folder('demo')}/pom.properties`]: pom('demo', '2') }) },
    ]);
    const found = Object.entries(element('pkgs.java')).map(([key, record]) => [
      key,
      record['name'],
      record['maven-version'],
    ]);
    expect(found).toEqual([
      ['/_.jar', 'Main', 'N/A'],
      ['/demo-2.jar', 'demo', '2'],
      ['/demo-2.jar:demo-extra', 'demo-extra', '9'],
      ['/other.jar:demo', 'demo', '2'],
    ]);
    expect(element('pkgs.java')['/_.jar']?.['implementation-version']).toBe('7');
    const cpes = element('pkgs.java')['/demo-2.jar']?.['cpes'] as string[];
    expect(cpes.map((cpe) => cpe.split(':')[3])).toEqual(['example', 'parent', 'demo']);
  });

  it('reads archives that carry a program before them', async () => {
    const script = Buffer.from('#!/bin/sh\nexec java -jar "$0"\n');
    const content = Buffer.concat([script, buildZip({ 'META-INF/MANIFEST.MF': 'Implementation-Version: 4\n' })]);
    const { element } = await catalog([{ name: 'run.jar', content }]);
    expect(element('pkgs.java')['/run.jar']).toMatchObject({ name: 'run', 'implementation-version': '4' });
  });

  it('names a damaged archive and goes on, also inside another', async () => {
    const whole = buildZip({ 'META-INF/MANIFEST.MF': 'Implementation-Version: 1\n' });
    const { element, image } = await catalog([
      { name: 'a.jar', content: whole.subarray(0, 60) },
      { name: 'b.war', content: buildZip({ 'lib/bad.jar': whole.subarray(0, 60), 'lib/good.jar': whole }) },
    ]);
    expect(Object.keys(element('pkgs.java'))).toEqual(['/b.war:lib/good.jar']);
    expect(image.warnings).toEqual([
      expect.stringContaining('/a.jar: java could not read it'),
      expect.stringContaining('/b.war: java could not read it: :lib/bad.jar'),
    ]);
  });

  it('goes down eight archives and says that there are more', async () => {
    let content = buildZip({ 'META-INF/MANIFEST.MF': 'Implementation-Version: 1\n' });
    for (let depth = 49; depth >= 0; depth -= 1) {
      content = buildZip({ 'META-INF/MANIFEST.MF': `Implementation-Version: ${depth}\n`, 'a.jar': content });
    }
    const { element, image } = await catalog([{ name: 'nested.jar', content }]);
    expect(Object.keys(element('pkgs.java'))).toHaveLength(9);
    expect(image.warnings).toEqual([expect.stringContaining('more than 8 archives deep')]);
  });

  it('does not unpack what is larger than it says, or larger than is looked at', async () => {
    const zeros = deflateRawSync(Buffer.alloc(64 * 1024 * 1024));
    const bomb = (size: number) =>
      buildZip({ 'lib/bomb.jar': { packed: zeros, size }, 'META-INF/MANIFEST.MF': 'Implementation-Version: 1\n' });
    const limits = { archiveBytes: 1024 * 1024 };
    for (const size of [64 * 1024 * 1024, 1000]) {
      const inventory = await layer([{ name: 'x.jar', content: bomb(size) }], { limits });
      expect(inventory.facts).toEqual([expect.objectContaining({ value: expect.objectContaining({ suffix: '' }) })]);
      expect(inventory.warnings).toEqual([expect.stringContaining('lib/bomb.jar')]);
    }
  });
});
