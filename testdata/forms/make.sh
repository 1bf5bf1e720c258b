#!/bin/sh
# PKCS#12 files of every form that a reader meets: ciphers, key derivations, MACs, framings, bags. Each holds ../apm's
# client key with its chain (alias client) and, marked as trusted, apm-server.crt (alias server), unless its name says
# otherwise. The password is `secret1`, in password-empty.p12 the empty one (two zero octets), in password-null.p12 none
# at all (no octets). JKS and JCEKS of version 1 hold the CA's certificate.
# Made with the ciphers and the ASN.1 of bcprov 1.72 (Debian's libbcprov-java) on JDK 17.0.15, and keytool of the same
# JDK. Salts and vectors are fixed: a second run of the Java program makes the same bytes.
set -e
bcprov=${BCPROV:-/usr/share/java/bcprov.jar}
java -cp "$bcprov" MakeForms.java ../apm
rm -f keytool.jceks
keytool -importkeystore -noprompt -srckeystore pbes2-aes256.p12 -srcstorepass secret1 -deststoretype JCEKS -deststorepass secret1 -destkeystore keytool.jceks
keytool -genseckey -alias aes -keyalg AES -keysize 256 -keystore keytool.jceks -storetype JCEKS -storepass secret1 -keypass secret1
