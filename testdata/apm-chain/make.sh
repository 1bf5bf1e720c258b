#!/usr/bin/env bash
# Makes the files of this folder: OpenSSL 3.0.19. A root, an intermediate, servers below both, and what people hand
# over by mistake. Valid for a hundred years, unless the name says otherwise.
set -euo pipefail
cd "$(dirname "$0")"
days=36500
new=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
ids='authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n'
server='extendedKeyUsage=serverAuth\nkeyUsage=critical,digitalSignature\nbasicConstraints=CA:FALSE\n'
names='subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:*.apm.example\n'

# issue NAME AUTHORITY EXTENSIONS [DAYS]
issue() {
  openssl req "${new[@]}" -keyout "$1.key" -out "$1.csr" -subj "/CN=$1"
  openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days "${4:-$days}" -out "$1.crt" \
    -extfile <(printf "$3$ids")
}

openssl req -x509 "${new[@]}" -keyout root.key -out root.crt -days $days -subj '/O=Example/CN=Root CA' \
  -addext keyUsage=critical,keyCertSign,cRLSign
openssl req -x509 "${new[@]}" -keyout other-root.key -out other-root.crt -days $days -subj '/O=Other/CN=Root CA' \
  -addext keyUsage=critical,keyCertSign,cRLSign
# As elasticsearch-certutil before 9.1 makes it: no keyUsage, which Python 3.13 refuses.
openssl req -x509 "${new[@]}" -keyout plain-root.key -out plain-root.crt -days $days -subj '/CN=Plain Root CA'
issue intermediate root 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n'
issue server root "$server$names"
issue server-below intermediate "$server$names"
issue nameless root "$server"
issue expired root "$server$names" -1
openssl req -x509 "${new[@]}" -keyout self-signed.key -out self-signed.crt -days $days -subj /CN=self-signed \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=CA:FALSE
openssl req "${new[@]}" -keyout expired-root.key -out expired-root.csr -subj '/CN=Expired Root CA'
openssl x509 -req -in expired-root.csr -signkey expired-root.key -days -1 -out expired-root.crt \
  -extfile <(printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n')
cat server-below.crt intermediate.crt > server-below.fullchain.crt
cat intermediate.crt server-below.crt > wrong-order.crt
openssl x509 -in root.crt -outform DER -out root.der
openssl x509 -in server.crt -trustout -out server.trusted.crt
# The server's key in the forms APM Server meets; the password is `secret`.
openssl pkcs8 -topk8 -in server.key -out server.pbes2.key -passout pass:secret -v2 aes-256-cbc
openssl pkcs8 -topk8 -in server.key -out server.pbes1.key -passout pass:secret -v1 PBE-SHA1-3DES
openssl ec -in server.key -aes128 -passout pass:secret -out server.legacy.key
openssl pkey -in server.key -outform DER -out server.der.key
mv server.csr request.csr
rm -f ./*.srl other-root.key plain-root.key expired-root.key expired.key nameless.key
find . -name '*.csr' ! -name request.csr -delete
