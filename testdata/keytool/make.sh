#!/usr/bin/env bash
# Makes the files of this folder: OpenSSL 3.0.19. Certificates with every extension that has words of its own in
# keytool, with names that need quotes, and with what a JDK warns of. Valid for a hundred years.
set -euo pipefail
cd "$(dirname "$0")"
days=36500

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -out extensions.crt -days $days -utf8 \
  -subj '/C=DE/ST=Ba yern/L=München/O=A "quoted", Inc./OU= lead/OU=two  blanks/emailAddress=a@b.c/serialNumber=42/title=Dr/GN=G/SN=S/initials=I/dnQualifier=q/generationQualifier=III/DC=example/UID=u/street=s/description=d/CN=x\+y=z#' \
  -config extensions.cnf -extensions all
openssl req -x509 -newkey ed25519 -nodes -keyout /dev/null -out ed25519.crt -days $days -subj /CN=ed25519
openssl req -x509 -newkey rsa:1024 -sha1 -nodes -keyout weak.key -out weak.crt -days $days -subj /CN=weak
openssl req -newkey rsa:1024 -nodes -keyout /dev/null -out leaf.csr -subj /CN=leaf
openssl x509 -req -sha1 -in leaf.csr -CA weak.crt -CAkey weak.key -set_serial -5 -days $days -out sha1.crt
openssl x509 -req -md5 -in leaf.csr -CA weak.crt -CAkey weak.key -set_serial 5 -days $days -out md5.crt
rm -f weak.key leaf.csr
