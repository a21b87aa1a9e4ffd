import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import java.util.List;

/**
 * A MongoDB-wire server in memory, for the store's conformance suite where no mongod can be installed.
 *
 * <p>Usage: MongoPeer PORT. It listens on 127.0.0.1 alone, keeps nothing and ends when it is killed.
 *
 * <p>The library calls its newest version 5.0 and reports wire version 8 (MongoDB 4.2); the Go driver refuses
 * anything below 9. 13 is what a real 5.0 reports; no command the store sends changed its form in between.
 */
public final class MongoPeer {
    private static final MongoVersion V5_0 = new MongoVersion() {
        @Override public List<Integer> getVersionArray() { return List.of(5, 0, 0); }
        @Override public int getWireVersion() { return 13; }
    };

    public static void main(String[] args) {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
        MongoServer server = new MongoServer(new WholeDocuments(V5_0));
        server.bind("127.0.0.1", Integer.parseInt(args[0]));
        System.out.println("mongopeer: listening on 127.0.0.1:" + args[0]);
    }
}
