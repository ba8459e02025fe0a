# SPDX-License-Identifier: MIT
"""Debian packages by a private apt: nothing is installed, and the user's apt stays as it is."""

import os
import pwd
import re
import subprocess
import time

from host import CACHE, Trouble, run

KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
SUITES = ('bookworm', 'bookworm-backports')
ASK_AGAIN_AFTER = 24 * 3600

APT = CACHE / 'apt'
DEBS = CACHE / 'debs'

# Given by -c, so that it is read after the system's own configuration (a proxy may be in that).
CONFIGURATION = '''\
Dir::State "{apt}";
Dir::State::lists "{apt}/lists";
Dir::State::status "{apt}/status";
Dir::Cache "{apt}/cache";
Dir::Etc::sourcelist "{apt}/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "-";
APT::Architecture "amd64";
#clear APT::Architectures;
APT::Architectures {{ "amd64"; }};
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Sandbox::User "{user}";
APT::Default-Release "";
Acquire::Languages "none";
Acquire::Retries "2";
'''


def mirror():
    """Where this machine gets Debian from, as its apt knows."""
    text = run('asking apt for the mirror', 'apt-get', 'indextargets', '--format',
               '$(REPO_URI) $(RELEASE) $(COMPONENT) $(LABEL)', 'Created-By: Packages')
    for line in text.splitlines():
        uri, release, component, *label = line.split(' ')
        # Before the first `apt-get update` a label is not known yet.
        if component == 'main' and label[:1] in (['Debian'], [''], []) and not re.search('[-/]', release):
            return uri
    raise Trouble('apt knows no mirror of Debian; remedy: name one in /etc/apt/sources.list')


def configure():
    if not os.path.exists(KEYRING):
        raise Trouble(f'{KEYRING} is missing; remedy: install the package debian-archive-keyring')
    uri = mirror()
    for folder in (APT / 'lists/partial', APT / 'cache/archives/partial', DEBS):
        folder.mkdir(parents=True, exist_ok=True)
    (APT / 'status').touch()
    (APT / 'sources.list').write_text(''.join(
        f'deb [signed-by={KEYRING}] {uri} {suite} main\n' for suite in SUITES))
    (APT / 'apt.conf').write_text(
        CONFIGURATION.format(apt=APT, user=pwd.getpwuid(os.geteuid()).pw_name))


def update():
    """Fetches the suites' lists, at most once a day."""
    asked = APT / 'asked'
    if asked.exists() and time.time() - asked.stat().st_mtime < ASK_AGAIN_AFTER:
        return
    configure()
    try:
        run('fetching the lists of packages', 'apt-get', '-c', APT / 'apt.conf', '-qq', '-o',
            'APT::Update::Error-Mode=any', 'update')
    except Trouble as trouble:
        raise Trouble(f'{trouble}; remedy: see that the mirror can be reached and has '
                      f'{" and ".join(SUITES)}') from None
    asked.touch()


def stanzas(package):
    """Every version of a package that apt knows, the newest first: dictionaries of its fields."""
    text = subprocess.run(['apt-cache', '-c', APT / 'apt.conf', 'show', package], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    for stanza in text.split('\n\n'):
        fields = dict(re.findall(r'^([A-Za-z-]+): (.*)$', stanza, re.MULTILINE))
        if fields:
            yield fields


def newest(package, release):
    """The newest version of a package for a kernel release; ('', '') of its names and versions."""
    for fields in stanzas(package):
        if release(fields):
            return fields
    raise Trouble(f'the mirror has no fitting {package}; remedy: delete {APT} and try again')


def download(packages):
    """Fetches packages, a dictionary of names and versions; gives the files. Older ones go."""
    run('downloading kernels', 'apt-get', '-c', APT / 'apt.conf', '-qq', 'download',
        *(f'{name}={version}' for name, version in packages.items()), cwd=DEBS)
    files = {}
    for name, version in packages.items():
        for file in DEBS.glob(f'{name}_*.deb'):
            if file.name.split('_')[1] == version.replace(':', '%3a'):
                files[name] = file
            else:
                file.unlink()
    return files
