import { formatBytes } from '../command/byte-size.js';
import type { Installation } from './installation.js';
import type { MainJobResult } from './main-job.js';
import type { Finding } from './verdict.js';

const SHOWN = 8;

/**
 * The text at the end of the quickstart: what was found, what was proven, where it all is.
 *
 * @param kept the services go on after this
 */
export function summaryOf(
  result: MainJobResult,
  installation: Installation,
  { seconds, kept }: { seconds: number; kept: boolean },
): string {
  const { image, content, secrets, verdicts } = result;
  const { metadata } = image.image_content;
  const lines = [
    '',
    `Image      ${image.image_detail[0]?.fulltag ?? ''}`,
    `           ${image.imageDigest}`,
    `           ${metadata['distro'] ?? 'unknown'} ${metadata['distro_version'] ?? ''} ${metadata['arch'] ?? ''}, ${metadata['layer_count'] ?? '?'} layers`,
    `Content    ${Object.entries(content)
      .map(([type, count]) => `${count} ${type}`)
      .join(', ')}`,
    `Secrets    ${secrets} file(s)`,
  ];
  for (const { name, verdict } of verdicts) {
    lines.push('', `Verdict    ${verdict.finalAction.toUpperCase()} (${verdict.status}) under ${name}`);
    const findings = [...verdict.findings].sort(bySeverity);
    lines.push(...findings.slice(0, SHOWN).map(findingLine));
    if (findings.length > SHOWN) lines.push(`           ... and ${findings.length - SHOWN} more`);
  }
  lines.push(
    '',
    `Proven     archive, delete, restore: same verdicts; ${result.objects} objects (${formatBytes(result.objectBytes)}) moved to`,
    '           files and back: same bytes',
    `Data       ${installation.directory}${kept ? '' : ' (nothing runs in it; delete it when you like)'}`,
    `Time       ${seconds.toFixed(1)} s`,
    '',
  );
  return lines.join('\n');
}

function findingLine({ action, gate, trigger, message }: Finding): string {
  const text = message.length > 150 ? `${message.slice(0, 147)}...` : message;
  return `  ${action.padEnd(5)}    ${gate}.${trigger}: ${text}`;
}

function bySeverity(a: Finding, b: Finding): number {
  const rank = (finding: Finding): number => ['stop', 'warn', 'go'].indexOf(finding.action);
  return rank(a) - rank(b);
}
