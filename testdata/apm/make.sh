#!/usr/bin/env bash
# Makes the files of this folder: OpenSSL 3.0.19. A server with a certificate of its own (what an APM Server
# has after the quick start), and a client whose certificate an authority signed. Valid for a hundred years.
set -euo pipefail
cd "$(dirname "$0")"
days=36500

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout apm-server.key -out apm-server.crt \
  -days $days -subj /CN=apm-server -addext subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:apm-server
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt \
  -days $days -subj '/O=Example/CN=Example Client CA' -addext keyUsage=critical,keyCertSign,cRLSign
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout client.key -out client.csr \
  -subj /CN=apm-client
openssl x509 -req -in client.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days $days -out client.crt \
  -extfile <(printf 'extendedKeyUsage=clientAuth\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n')
# The same key in the other forms people have; the password is `secret`.
openssl pkcs8 -topk8 -in client.key -out client.encrypted.key -passout pass:secret -v2 aes-256-cbc -v2prf hmacWithSHA256
openssl ec -in client.key -out client.sec1.key
openssl ec -in client.key -aes128 -passout pass:secret -out client.dek.key
openssl pkey -in client.key -outform DER -out client.key.der
openssl genrsa -out rsa.key 2048
openssl rsa -in rsa.key -traditional -out rsa.pkcs1.key
openssl crl2pkcs7 -nocrl -certfile ca.crt -certfile apm-server.crt -out bundle.p7b
rm -f ca.srl client.csr
