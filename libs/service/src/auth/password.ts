/** Hashes a password for storage: `scrypt$<N>$<r>$<p>$<salt>$<hash>`, binary parts base64url. */
export async function hashPassword(_password: string): Promise<string> {
  throw new Error('not written yet');
}

/** True when the password gives the stored hash. Constant time; false, never an error, for text that is no hash. */
export async function verifyPassword(_password: string, _stored: string): Promise<boolean> {
  throw new Error('not written yet');
}
