//! JKS and JCEKS (`sun.security.provider.JavaKeyStore`, `com.sun.crypto.provider.JceKeyStore`): records,
//! key protectors, the digest at the end, modified UTF-8.
