#!/bin/sh
# The certificates and stores that Provoke.java makes JVMs fail with. KEYJAR is the program.
set -e

authority() { # NAME CA-OR-NOT
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.crt" \
    -subj "/CN=$1" -days 3650 -config /dev/stdin <<EOF
[req]
distinguished_name = dn
x509_extensions = ext
[dn]
[ext]
basicConstraints = critical,CA:$2
EOF
}

leaf() { # NAME SUBJECT EXTENSION DAYS AUTHORITY
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2"
  printf '%s\n' "$3" | tr '|' '\n' > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA "$5.crt" -CAkey "$5.key" -CAcreateserial -out "$1.crt" -days "$4" -extfile "$1.ext"
  "$KEYJAR" bundle --cert "$1.crt" --key "$1.key" --chain "$5.crt" --alias "$1" --keystore "$1.p12" \
    --storepass pass:changeit --profile legacy
}

authority ca true
authority other true
authority notca false
leaf good /CN=localhost 'subjectAltName=DNS:localhost,IP:127.0.0.1' 3650 ca
leaf elsewhere /CN=elsewhere.example 'subjectAltName=DNS:elsewhere.example' 3650 ca
leaf nosan /CN=elsewhere.example keyUsage=digitalSignature 3650 ca
leaf expired /CN=localhost subjectAltName=DNS:localhost 0 ca
leaf clientonly /CN=localhost 'subjectAltName=DNS:localhost|extendedKeyUsage=clientAuth' 3650 ca
leaf serveronly /CN=me extendedKeyUsage=serverAuth 3650 ca
leaf stranger /CN=stranger extendedKeyUsage=clientAuth 3650 other
leaf bynotca /CN=localhost subjectAltName=DNS:localhost 3650 notca

for name in ca other notca; do
  "$KEYJAR" import "$name.crt" --truststore "trust-$name.p12" --profile legacy
done
cp trust-ca.p12 trust.p12
export KEYJAR_STOREPASS=changeit KEYJAR_NEW_STOREPASS=changeit
"$KEYJAR" convert trust.p12 trust.jks
"$KEYJAR" convert trust.p12 trust.jceks
"$KEYJAR" convert good.p12 good.jks
"$KEYJAR" convert trust.p12 pbmac1.p12 --profile pbmac1
openssl pkcs12 -export -nokeys -in ca.crt -passout pass:changeit -certpbe PBE-SHA1-3DES -macalg sha1 -out unmarked.p12
openssl x509 -in ca.crt -outform der -out ca.der
: > empty.p12
head -c 300 good.p12 > truncated.p12
