import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.KeyStore;
import java.util.Collections;

/** Which stores a JDK opens with all their keys. Run by the interoperability tests. */
public class Forms {
    /** A file of lines `TYPE TAB PASSWORD TAB PATH`; for each a line: `ok` and the aliases, or why not. */
    public static void main(String[] args) throws Exception {
        StringBuilder out = new StringBuilder();
        for (String line : Files.readAllLines(Paths.get(args[0]), StandardCharsets.UTF_8)) {
            String[] words = line.split("\t", -1);
            try {
                KeyStore store = KeyStore.getInstance(words[0]);
                char[] password = words[1].toCharArray();
                try (InputStream in = new FileInputStream(words[2])) { store.load(in, password); }
                StringBuilder aliases = new StringBuilder("ok");
                for (String alias : Collections.list(store.aliases())) {
                    if (store.isKeyEntry(alias)) store.getKey(alias, password).getEncoded();
                    aliases.append(' ').append(alias);
                }
                out.append(aliases).append('\n');
            } catch (Exception error) {
                out.append("no ").append(String.valueOf(error.getMessage()).replace('\n', ' ')).append('\n');
            }
        }
        System.out.print(out);
    }
}
