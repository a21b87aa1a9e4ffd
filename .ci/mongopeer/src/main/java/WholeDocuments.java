import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.QueryParameters;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.backend.memory.MemoryCollection;
import de.bwaldvogel.mongo.backend.memory.MemoryDatabase;
import de.bwaldvogel.mongo.bson.Document;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A backend with two properties of MongoDB that the library's own lacks.
 *
 * <p>It answers documents as they were when they were found. The library's own answers the stored documents themselves
 * and encodes them later, while updates change them: a reader may see a new revision of a document beside its old
 * content.
 *
 * <p>It has secondary indexes. One is made of each field in which a search tests for a text or a boolean; the library
 * then matches the documents that it names, instead of all of the collection.
 */
final class WholeDocuments extends MemoryBackend {
    WholeDocuments(MongoVersion version) { version(version); }

    @Override public MemoryDatabase openOrCreateDatabase(String name) { return new Database(name, getCursorRegistry()); }

    private static final class Database extends MemoryDatabase {
        Database(String name, CursorRegistry cursors) { super(name, cursors); }

        @Override protected MemoryCollection openOrCreateCollection(String name, CollectionOptions options) {
            return new Indexed(this, name, options, cursorRegistry);
        }
    }

    /** All methods run under the collection's lock. */
    private static final class Indexed extends MemoryCollection {
        private static final Object OTHER = new Object(); // absent, a number, a list: may match any test

        private final Map<String, Map<Object, SortedSet<Integer>>> indexes = new HashMap<>(); // field -> value -> positions
        private boolean answering;

        Indexed(MongoDatabase database, String name, CollectionOptions options, CursorRegistry cursors) {
            super(database, name, options, cursors);
        }

        @Override public synchronized QueryResult handleQuery(QueryParameters query) {
            answering = true;
            try {
                return super.handleQuery(query);
            } finally {
                answering = false;
            }
        }

        @Override protected QueryResult createQueryResult(List<Document> found, int batchSize) {
            return super.createQueryResult(answering ? found.stream().map(Document::cloneDeeply).toList() : found, batchSize);
        }

        @Override protected QueryResult matchDocuments(
                Document query, Document orderBy, int skip, int limit, int batchSize, Document projection) {
            List<SortedSet<Integer>> found = null;
            int fewest = count() / 4; // where an index names more, all are looked at
            for (Map.Entry<String, Object> test : query.entrySet()) {
                List<SortedSet<Integer>> candidates = candidates(test.getKey(), test.getValue());
                int size = candidates == null ? fewest : candidates.stream().mapToInt(Set::size).sum();
                if (size < fewest) {
                    found = candidates;
                    fewest = size;
                }
            }
            if (found == null) {
                return super.matchDocuments(query, orderBy, skip, limit, batchSize, projection);
            }
            Stream<Document> documents = found.stream().flatMap(Set::stream).sorted().map(this::getDocument);
            return matchDocumentsFromStream(documents, query, orderBy, skip, limit, batchSize, projection);
        }

        /** The positions of the documents that may pass a test; null where no index tells. */
        private List<SortedSet<Integer>> candidates(String field, Object test) {
            Object in = test instanceof Document list && list.size() == 1 ? list.get("$in") : null;
            Collection<?> values = in instanceof Collection<?> several ? several : Collections.singleton(test);
            if (field.startsWith("$") || field.indexOf('.') >= 0 || !values.stream().allMatch(Indexed::isKey)) {
                return null;
            }
            Map<Object, SortedSet<Integer>> index = indexes.computeIfAbsent(field, this::build);
            return Stream.concat(Stream.of(OTHER), values.stream().distinct()).map(index::get).filter(Objects::nonNull).toList();
        }

        private static boolean isKey(Object value) { return value instanceof String || value instanceof Boolean; }

        private static Object keyOf(Document document, String field) {
            Object value = document.get(field);
            return isKey(value) ? value : OTHER;
        }

        private Map<Object, SortedSet<Integer>> build(String field) {
            Map<Object, SortedSet<Integer>> index = new HashMap<>();
            streamAllDocumentsWithPosition().forEach(d -> put(index, keyOf(d.getDocument(), field), d.getPosition()));
            return index;
        }

        private static void put(Map<Object, SortedSet<Integer>> index, Object key, Integer position) {
            index.computeIfAbsent(key, k -> new TreeSet<>()).add(position);
        }

        @Override protected Integer addDocumentInternal(Document document) {
            Integer position = super.addDocumentInternal(document);
            indexes.forEach((field, index) -> put(index, keyOf(document, field), position));
            return position;
        }

        @Override protected void removeDocument(Integer position) {
            Document document = getDocument(position);
            indexes.forEach((field, index) -> index.get(keyOf(document, field)).remove(position));
            super.removeDocument(position);
        }

        @Override protected void handleUpdate(Integer position, Document before, Document after) {
            indexes.forEach((field, index) -> {
                Object was = keyOf(before, field), is = keyOf(after, field);
                if (!was.equals(is)) {
                    index.get(was).remove(position);
                    put(index, is, position);
                }
            });
        }
    }
}
