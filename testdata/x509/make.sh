#!/bin/sh
# Made with OpenSSL 3.0.x: sh make.sh (keys are thrown away, so that a second run makes other bytes).
set -e
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -days 3650 -utf8 \
  -subj '/C=DE/O=Müller, Söhne \+ Co/OU=Tests/CN=Example CA/emailAddress=ca@example.com' \
  -addext 'basicConstraints=critical,CA:TRUE,pathlen:1' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
  -set_serial 0x0a01 -outform DER -out ec-ca.der
openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -days 3650 -subj '/CN=localhost' \
  -addext 'basicConstraints=CA:FALSE' -addext 'keyUsage=digitalSignature,keyEncipherment' \
  -addext 'extendedKeyUsage=serverAuth,clientAuth,1.2.3.4' \
  -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1,email:a@example.com,URI:https://example.com/,RID:1.2.3,dirName:dir,otherName:1.2.3.4;UTF8:x' \
  -config dir.cnf -set_serial -5 -outform DER -out rsa-server.der
openssl req -new -newkey ed25519 -nodes -keyout ed.key -subj '/O=Only Organization' -out ed.csr
openssl x509 -req -in ed.csr -signkey ed.key -days 3650 -set_serial 1 -outform DER -out ed25519-v1.der
rm ed.key ed.csr
