#!/usr/bin/env bash
# The certificates of the wire tests, into the current folder.
set -euo pipefail
ec=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
ca='basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n'
{
  openssl req -x509 "${ec[@]}" -keyout root.key -out root.crt -days 3650 -subj "/O=Wire Tests/CN=Wire Root" \
    -addext keyUsage=critical,keyCertSign
  openssl req "${ec[@]}" -keyout int.key -out int.csr -subj "/O=Wire Tests/CN=Wire Intermediate"
  openssl x509 -req -in int.csr -CA root.crt -CAkey root.key -days 3650 -out int.crt \
    -extfile <(printf "${ca}authorityKeyIdentifier=keyid")
  openssl req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj "/CN=localhost"
  openssl x509 -req -in leaf.csr -CA int.crt -CAkey int.key -days 365 -out leaf.crt -extfile <(printf \
    'subjectAltName=DNS:localhost,IP:127.0.0.1\nauthorityKeyIdentifier=keyid\nauthorityInfoAccess=caIssuers;URI:http://ca.example/int.crt')
  # Self-signed and expired, a key of its own curve, a key of DSA.
  openssl req -x509 "${ec[@]}" -keyout self.key -out self.csr -subj "/CN=self.example" -addext basicConstraints=CA:false
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp256k1 -nodes -keyout k1.key -out k1.crt -subj "/CN=secp256k1"
  openssl dsaparam -out dsa.params 2048
  openssl req -x509 -newkey dsa:dsa.params -nodes -keyout dsa.key -out dsa.crt -subj "/CN=DSA"
} 2>err || { cat err >&2; exit 1; }
mv self.csr self.crt
cat leaf.crt int.crt >chain.crt
cat leaf.crt int.crt root.crt >full.crt
cat leaf.crt root.crt int.crt >unordered.crt
cat leaf.crt int.crt k1.crt int.crt >superfluous.crt
