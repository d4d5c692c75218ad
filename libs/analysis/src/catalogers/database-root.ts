/**
 * Package databases may lie in a root file system inside the image (a chroot, an unpacked image): what they call `/bin/ls`
 * is below that root. Answers the root for a database at `path` whose place in its root is `inside`: `''` for the image
 * itself, `/srv/chroot` for one below it; undefined when the path does not end so.
 */
export function rootOf(path: string, inside: string): string | undefined {
  return path.endsWith(inside) ? path.slice(0, path.length - inside.length) : undefined;
}
